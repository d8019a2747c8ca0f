"""Runs and all around them in the admin: their state moves only through the services."""

import runs.admin.prompts
import runs.admin.runs
import runs.admin.site
import runs.admin.tools
import runs.alerts.admin
import runs.mcp.admin
import runs.webhooks.admin  # noqa: F401 - they register themselves
