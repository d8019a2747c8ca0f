"""Webhooks: telling users' own servers of their runs and budgets (docs/webhooks.md)."""
