"""A temporary Postgres and Redis, for the tests and for one command: run with it as arguments."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from agentsite.env import Env
from agentsite.local.errors import StartError
from agentsite.local.postgres import EmbeddedPostgres
from agentsite.local.redis import EmbeddedRedis
from agentsite.secret_files import variables_named

# A killed server loses nothing that the kernel has; only a power cut would.
FAST_POSTGRES = {"fsync": "off"}


@contextmanager
def temporary_servers() -> Iterator[dict[str, str]]:
    """Run a pair in a folder that goes away with it; gives the variables that lead there."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="agentsite-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        postgres = EmbeddedPostgres(
            folder / "postgres",
            log=folder / "postgres.log",
            say=_say,
            settings=FAST_POSTGRES,
            creates_databases=True,
        )
        redis = EmbeddedRedis(folder / "redis", log=folder / "redis.log", say=_say)
        for server in (postgres, redis):
            server.start()
            stack.callback(server.stop)
        yield {
            "DATABASE_URL": postgres.url,
            "REDIS_URL": redis.url,
            "DATA_DIR": str(folder / "data"),
            "ENV_FILE": "",
        }


def without_ours(environment: dict[str, str]) -> dict[str, str]:
    """An environment without the variables that the site reads."""
    ours = variables_named(Env.model_fields)
    return {name: value for name, value in environment.items() if name.upper() not in ours}


def main() -> int:
    """Run the given command with a temporary pair; its exit code is ours."""
    # A job that runs out of time gets SIGTERM; the servers then end as with Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with temporary_servers() as addresses:
            return subprocess.call(sys.argv[1:], env=os.environ | addresses)
    except StartError as error:
        sys.exit(f"agentsite: {error}")
    except KeyboardInterrupt:
        return 130


def _say(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
