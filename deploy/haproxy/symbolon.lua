-- Asks Symbolon about a request and does what it answers: nothing but 200 lets a request go on. For haproxy.cfg beside
-- this file.

local symbolon = { host = "127.0.0.1", port = 7072 }
-- How long a Symbolon that does not answer holds a request up, in seconds. It is then answered 503.
local patience = 1

local identity = {
    "x-symbolon-principal", "x-symbolon-token-id", "x-symbolon-owner", "x-symbolon-role", "x-symbolon-scopes",
}

-- What is about a connection, or about the body, which the question has not.
local not_ours = {
    ["connection"] = true, ["content-length"] = true, ["expect"] = true, ["keep-alive"] = true,
    ["proxy-connection"] = true, ["te"] = true, ["trailer"] = true, ["transfer-encoding"] = true,
}

local function unavailable(txn)
    txn:done(txn:reply {
        status = 503,
        headers = {
            ["content-type"] = { "application/problem+json" },
            ["cache-control"] = { "no-store" },
            ["retry-after"] = { "1" },
        },
        body = '{"code":"unavailable","title":"This cannot be decided now; try again.","status":503}',
    })
end

-- The question, with every header of the client's and each as often as it came, in that order: two credentials must be
-- seen to be two.
local function question(txn, service)
    local lines = { "GET /gateway/haproxy/" .. service .. " HTTP/1.0" }
    for name, values in pairs(txn.http:req_get_headers()) do
        if not not_ours[name] and not name:find("^x%-haproxy%-") then
            for at = 0, #values do
                lines[#lines + 1] = name .. ": " .. values[at]
            end
        end
    end
    lines[#lines + 1] = "x-haproxy-method: " .. txn.f:method()
    -- Empty for "OPTIONS *", which is refused for it.
    lines[#lines + 1] = "x-haproxy-uri: " .. (txn.f:pathq() or "")
    lines[#lines + 1] = "x-haproxy-address: " .. txn.f:src()
    lines[#lines + 1] = "connection: close"
    return table.concat(lines, "\r\n") .. "\r\n\r\n"
end

-- The whole answer as status, headers (names in small letters) and body, or nothing. A connection for each question:
-- HAProxy's own client for Lua tries again for seconds where nobody listens.
local function answer(request)
    local socket = core.tcp()
    socket:settimeout(patience)
    local text = socket:connect(symbolon.host, symbolon.port) and socket:send(request) and socket:receive("*a")
    socket:close()
    local head, body = (text or ""):match("^(HTTP/1%.[01] .-)\r\n\r\n(.*)$")
    local status = head and tonumber(head:match("^HTTP/1%.[01] (%d%d%d)"))
    if not status then
        return nil
    end
    local headers = {}
    for name, value in head:gmatch("\r\n([^:\r\n]+):[ \t]*([^\r\n]*)") do
        headers[name:lower()] = value
    end
    return status, headers, body
end

core.register_action("symbolon", { "http-req" }, function(txn, service)
    local status, headers, body = answer(question(txn, service))
    if not status then
        return unavailable(txn)
    end
    if status == 200 then
        for _, name in ipairs(identity) do
            if not headers[name] then
                return unavailable(txn)
            end
            txn.http:req_set_header(name, headers[name])
        end
        -- Keep: what Symbolon says is left, in place of the client's Cookie. Its own, with which the application could sign
        -- in to Symbolon as the caller, is not; and none beside a token, for an application that also reads cookies would
        -- judge by them.
        txn.http:req_del_header("cookie")
        if headers["x-symbolon-cookie"] then
            txn.http:req_add_header("cookie", headers["x-symbolon-cookie"])
        end
        -- How a token stands with its limit, for the application's answer.
        if headers["ratelimit"] and headers["ratelimit-policy"] then
            txn:set_var("txn.ratelimit_policy", headers["ratelimit-policy"])
            txn:set_var("txn.ratelimit", headers["ratelimit"])
        end
        return
    end
    local carried = {}
    for name, value in pairs(headers) do
        if not not_ours[name] and name ~= "date" then
            carried[name] = { value }
        end
    end
    txn:done(txn:reply { status = status, headers = carried, body = body })
end, 1)
