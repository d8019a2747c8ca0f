"""The MCP server at `/mcp`: the site's own API as tools and tasks of the Model Context Protocol.

Every tool is one request to `/api/v1/`, made in this process with the caller's own token: scopes,
limits, budgets and checks are those of the API, and nothing is kept between requests.
"""
