"""Runs as spans and metrics, by OpenTelemetry's conventions for generative AI."""
