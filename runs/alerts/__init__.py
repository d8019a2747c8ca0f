"""Alerts to people: found each minute, told by mail and webhooks (docs/alerts.md)."""
