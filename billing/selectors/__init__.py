"""Reads: what pages and the API show about money."""
