"""`/metrics`: what Postgres knows of the whole site, and what its processes measured."""
