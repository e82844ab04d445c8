// Asks about tokens, ends them and discovers the service with oauth4webapi, which keeps to the standards to the letter.
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";

const oauth = await import(pathToFileURL(process.env.OAUTH4WEBAPI));
const given = JSON.parse(process.env.SYMBOLON_TEST);
const server = {
  issuer: "https://tokens.example",
  introspection_endpoint: `${given.server}/oauth/introspect`,
  revocation_endpoint: `${given.server}/oauth/revoke`,
};
const client = { client_id: given.client_id };
// The server speaks plain HTTP here.
const options = { [oauth.allowInsecureRequests]: true };
const [first, second, third] = given.tokens;

async function told(token, secret = given.client_secret) {
  const auth = oauth.ClientSecretBasic(secret);
  const answer = await oauth.introspectionRequest(server, client, auth, token, options);
  return oauth.processIntrospectionResponse(server, client, answer);
}

async function end(token, auth) {
  const answer = await oauth.revocationRequest(server, client, auth, token, options);
  await oauth.processRevocationResponse(answer);
}

const live = await told(first);
assert.equal(live.active, true);
assert.equal(live.scope, "read:printers");
assert.equal(live.iss, server.issuer);
await assert.rejects(told(first, "nothing"), (error) => error.cause.length === 1 && error.cause[0].scheme === "basic");

await end(first, oauth.ClientSecretBasic(given.client_secret));
await end(second, oauth.None());
await end(second, oauth.None());
assert.deepEqual(await told(first), { active: false });
assert.deepEqual(await told(second), { active: false });
// A key is none of the tokens that can be ended so.
await assert.rejects(end(given.client_secret, oauth.None()), { error: "unsupported_token_type" });

// Who is refused learns by the challenge where the service describes itself, and finds it there.
const ask = (token) =>
  oauth.protectedResourceRequest(token, "GET", new URL("/api/printers", given.resource), undefined, undefined, options);
assert.equal((await ask(third)).status, 200);
const refusal = await ask(first).then(assert.fail, (error) => error);
const [challenge] = refusal.cause;
assert.equal(challenge.parameters.error, "invalid_token");
assert.equal(
  challenge.parameters.resource_metadata,
  `${given.resource}/.well-known/oauth-protected-resource`,
);
const found = await oauth.resourceDiscoveryRequest(new URL(given.resource), options);
assert.equal(found.url, challenge.parameters.resource_metadata);
const resource = await oauth.processResourceDiscoveryResponse(new URL(given.resource), found);
assert.deepEqual(resource.bearer_methods_supported, ["header"]);
assert.ok(resource.scopes_supported.includes("read:printers"));
assert.equal(resource.resource_name, "O.D.I.N.");

console.log("done");
