"""The embedded Postgres and Redis keep their data through stops and kills."""

import os
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import redis

from agentsite.local.postgres import EmbeddedPostgres
from agentsite.local.redis import EmbeddedRedis
from tests.superuser import as_superuser


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


def test_a_postgres_left_running_is_stopped_and_its_data_kept(
    private_postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    with psycopg.connect(private_postgres.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    said: list[str] = []

    successor = EmbeddedPostgres(
        tmp_path / "postgres", log=tmp_path / "successor.log", say=said.append
    )
    successor.start()

    try:
        assert private_postgres.child.wait(5) == 0
        assert said == ["Stopped the PostgreSQL that an earlier start had left running"]
        with psycopg.connect(successor.url) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    finally:
        successor.stop()


def test_a_pid_file_that_names_another_program_does_not_block(
    private_postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    pid_file = tmp_path / "postgres" / "data" / "postmaster.pid"
    written = pid_file.read_text()
    private_postgres.kill()
    pid_file.write_text(written.replace(str(private_postgres.child.pid), str(os.getpid()), 1))

    private_postgres.start()

    assert pid_file.read_text().split()[0] == str(private_postgres.child.pid)


def test_a_redis_with_data_it_cannot_read_starts_empty(
    private_redis: EmbeddedRedis, tmp_path: Path
) -> None:
    with redis.Redis.from_url(private_redis.url) as client:
        client.set("lost", "yes")
        private_redis.stop()
        for file in (tmp_path / "redis").rglob("*.aof"):
            file.write_bytes(b"*not a redis file\r\n")
        for file in (tmp_path / "redis").rglob("*.rdb"):
            file.write_bytes(b"not a redis file")

        private_redis.start()

        assert client.get("lost") is None
    assert (tmp_path / "redis.unreadable").is_dir()


NOT_ALLOWED = (
    "COPY pg_temp.taken FROM PROGRAM 'id'",
    "SELECT pg_read_file('/etc/passwd')",
    "CREATE ROLE another SUPERUSER",
    "ALTER SYSTEM SET work_mem = '1MB'",
    "CREATE DATABASE another",
)


def test_the_site_may_only_use_its_own_database(private_postgres: EmbeddedPostgres) -> None:
    with psycopg.connect(private_postgres.url, autocommit=True) as connection:
        connection.execute("CREATE TEMP TABLE taken (line text)")
        for statement in NOT_ALLOWED:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_data_of_a_time_with_one_role_is_handed_over(
    private_postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    with as_superuser(private_postgres, tmp_path / "postgres") as connection:
        for statement in (
            "ALTER DATABASE agentsite OWNER TO agentsite",
            "CREATE SCHEMA money",
            "CREATE TABLE kept (id bigint GENERATED ALWAYS AS IDENTITY, old serial, word text)",
            "CREATE TYPE money.payer AS (owner_id int)",
            "CREATE FUNCTION money.who() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE VIEW seen AS SELECT word FROM kept",
            "INSERT INTO kept (word) VALUES ('still here')",
        ):
            connection.execute(statement)
    private_postgres.stop()
    private_postgres.start()

    with psycopg.connect(private_postgres.url, autocommit=True) as connection:
        assert connection.execute("SELECT word FROM seen").fetchone() == ("still here",)
        connection.execute("DROP FUNCTION money.who()")
        connection.execute("DROP SCHEMA money CASCADE")
        connection.execute("ALTER TABLE kept ADD COLUMN more int")
        connection.execute("DROP TABLE kept CASCADE")
