"""The secrets of runs that the database keeps, each sealed for its own purpose."""

from web.sealing import Sealing

MCP_TOKENS = Sealing(b"agentsite.mcp-token:")
WEBHOOK_SECRETS = Sealing(b"agentsite.webhook-secret:")
