"""A client of the MCP server follows a run while Postgres is away."""

import asyncio
from typing import Any

from tests.flows.own_servers import Site
from tests.mcp_client import connected
from tests.mcp_messages import MODERN
from tests.stack import freeze, thaw


def test_a_client_that_follows_outlasts_an_outage(site: Site) -> None:
    # No answer until Postgres has been away.
    freeze(site.stack.simulator)
    run = site.submit("Describe a lighthouse.")

    async def follow() -> Any:
        heard = asyncio.Event()

        async def hear(progress: float, total: float | None, message: str | None) -> None:
            heard.set()

        async with connected(site.stack.web_url, site.key, MODERN) as client:
            arguments = {"run_id": run["id"], "wait": 3600}
            call = asyncio.create_task(
                client.call_tool("get_run", arguments, progress_callback=hear)
            )
            await heard.wait()
            await asyncio.to_thread(site.postgres.kill)
            # So that the server has looked in vain.
            await asyncio.sleep(2)
            await asyncio.to_thread(site.postgres.start)
            thaw(site.stack.simulator)
            return await call

    result = asyncio.run(follow())

    assert result.structured_content["status"] == "succeeded"
    assert result.content[0].text == result.structured_content["answer"]
