"""The command line for those who use a site: `agentsite submit "…" --follow`."""
