"""One machine's own Postgres, Redis, simulator and supervisor, for `make up` and the tests."""
