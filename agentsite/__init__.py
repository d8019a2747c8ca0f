"""Wires the apps into one site: settings, routes, Celery, health and local servers."""
