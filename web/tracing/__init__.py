"""OpenTelemetry in this process, where the site has tracing on: else nothing of it is loaded."""
