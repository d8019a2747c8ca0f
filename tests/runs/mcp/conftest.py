"""A real MCP server, which tests of a module share."""

from collections.abc import Iterator

import pytest

from tests.mcp_server import Site, mcp_server


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with mcp_server() as served:
        yield served
