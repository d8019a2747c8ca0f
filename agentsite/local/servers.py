"""The servers that the site needs: embedded ones where no address was given."""

import json
import os
import time
from pathlib import Path

import redis

from agentsite.env import SERVERS_FILE, Env
from agentsite.local.console import Console
from agentsite.local.errors import StartError
from agentsite.local.postgres import EmbeddedPostgres
from agentsite.local.redis import EmbeddedRedis

RESTART_EVERY_S = 2.0
PING_TIMEOUT_S = 3.0

Server = EmbeddedPostgres | EmbeddedRedis


class Servers:
    """Starts, restarts and stops the embedded servers, in this order and back."""

    def __init__(self, env: Env, console: Console) -> None:
        self._console = console
        self._running: dict[str, Server] = {}
        self._missing = _embedded(env, console)
        self._due_at = 0.0

    def start(self) -> dict[str, str]:
        """Start those that were not given, and return their addresses by variable name."""
        for name, server in self._missing.items():
            self._console.say(f"Starting {name} ...")
            server.start()
            self._running[name] = server
        variables = {"PostgreSQL": "DATABASE_URL", "Redis": "REDIS_URL"}
        return {variables[name]: server.url for name, server in self._running.items()}

    def look_after(self) -> None:
        """Start a server again that has died, on the same port and with its data."""
        for name, server in self._running.items():
            if server.child.poll() is None or time.monotonic() < self._due_at:
                continue
            self._due_at = time.monotonic() + RESTART_EVERY_S
            self._console.say(f"{name} ended; starting it again")
            try:
                server.start()
            except StartError as error:
                self._console.say(str(error))

    def stop(self) -> None:
        """Stop them; Postgres last, since others write to it until they end."""
        while self._running:
            _, server = self._running.popitem()
            server.stop()


def _embedded(env: Env, console: Console) -> dict[str, Server]:
    """The servers to start here, Postgres first."""
    logs, chosen = env.data_dir / "logs", dict[str, Server]()
    if not env.database_url:
        chosen["PostgreSQL"] = EmbeddedPostgres(
            env.data_dir / "postgres", log=logs / "postgres.log", say=console.say
        )
    if not env.redis_url:
        chosen["Redis"] = EmbeddedRedis(
            env.data_dir / "redis", log=logs / "redis.log", say=console.say
        )
    return chosen


def require_redis(url: str) -> None:
    """Raise `StartError` when the Redis that was given does not answer."""
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=PING_TIMEOUT_S) as client:
            client.ping()
    except (redis.RedisError, OSError) as error:
        raise StartError(f"REDIS_URL does not answer: {error}") from None


def write_servers_file(data_dir: Path, addresses: dict[str, str]) -> None:
    """Leave the addresses, with their passwords, for manage.py commands of this user."""
    path = data_dir / SERVERS_FILE
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    unfinished.write_text(json.dumps({name.lower(): url for name, url in addresses.items()}))
    os.replace(unfinished, path)


def remove_servers_file(data_dir: Path) -> None:
    """Nothing runs here any more."""
    (data_dir / SERVERS_FILE).unlink(missing_ok=True)
