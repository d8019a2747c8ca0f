"""Benchmarks of the product's own code: `python -m bench [name ...]`."""
