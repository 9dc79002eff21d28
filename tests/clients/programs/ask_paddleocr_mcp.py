"""Calls the tool of paddleocr-mcp as an MCP client does, over its standard input: URL MODEL DOCUMENT ARGUMENTS."""

import asyncio
import json
import sys
from pathlib import Path

from fastmcp import Client
from fastmcp.client.transports import StdioTransport

url, model, document, arguments = sys.argv[1:]
server = StdioTransport(
    str(Path(sys.executable).with_name("paddleocr_mcp")),
    [],
    env={
        "PADDLEOCR_MCP_PPOCR_SOURCE": "self_hosted",
        "PADDLEOCR_MCP_SELF_HOSTED_BASE_URL": url,
        "PADDLEOCR_MCP_MODEL": model,
    },
)


async def main() -> None:
    async with Client(server) as client:
        [tool] = await client.list_tools()
        result = await client.call_tool(
            tool.name, {"input_data": document, **json.loads(arguments)}, raise_on_error=False
        )
    content = [part.model_dump(include={"type", "text"}) for part in result.content]
    print(json.dumps({"tool": tool.name, "failed": result.is_error, "content": content}))


asyncio.run(main())
