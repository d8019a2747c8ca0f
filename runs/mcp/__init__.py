"""MCP servers that staff set up: their tokens, their lists of tools, their pages in the admin."""
