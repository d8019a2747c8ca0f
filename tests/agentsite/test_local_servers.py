"""The embedded Postgres and Redis keep their data through stops and kills."""

from collections.abc import Callable

import psycopg
import pytest
import redis

from agentsite.local.postgres import EmbeddedPostgres
from agentsite.local.redis import EmbeddedRedis


@pytest.mark.parametrize("end", [EmbeddedPostgres.stop, EmbeddedPostgres.kill])
def test_postgres_keeps_what_was_committed(
    private_postgres: EmbeddedPostgres, end: Callable[[EmbeddedPostgres], None]
) -> None:
    with psycopg.connect(private_postgres.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    address = private_postgres.url

    end(private_postgres)
    private_postgres.start()

    assert private_postgres.url == address
    with psycopg.connect(address) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_redis_keeps_its_data(private_redis: EmbeddedRedis) -> None:
    with redis.Redis.from_url(private_redis.url) as client:
        client.set("kept", "yes")

        private_redis.stop()
        private_redis.start()

        assert client.get("kept") == b"yes"
