"""What drive.mjs does, by the official client for Python."""

import asyncio
import json
import sys

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client


async def play(asked: dict) -> dict:
    headers = {"Authorization": f"Bearer {asked['token']}"}
    results = []
    async with httpx2.AsyncClient(headers=headers) as http:
        async with Client(streamable_http_client(asked["url"], http_client=http)) as client:
            listed = (await client.list_tools()).tools
            for tool, given in asked["calls"]:
                try:
                    result = await client.call_tool(tool, given)
                except Exception as error:
                    results.append({"tool": tool, "refused": type(error).__name__, "text": str(error)})
                else:
                    text = getattr(result.content[0], "text", None) if result.content else None
                    results.append({"tool": tool, "ok": not result.is_error, "text": text})
    return {"tools": [{"name": tool.name} for tool in listed], "results": results}


async def main() -> None:
    print(json.dumps([await play(asked) for asked in json.load(sys.stdin)]))


asyncio.run(asyncio.wait_for(main(), 120))
