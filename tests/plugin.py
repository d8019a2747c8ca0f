"""Starts a temporary Postgres and Redis before Django's settings load; loaded with `-p`."""

import atexit
import gc
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from agentsite.local.children import kill, spawn
from agentsite.local.errors import StartError
from agentsite.local.temporary import temporary_servers, without_ours
from tests.forkserver.client import ADDRESS

# What tests offer, so that they don't change with what is offered by default.
MODELS = "gpt-4.1-mini,gpt-4.1-nano,gpt-4.1,gpt-4o-mini,gpt-5-mini,gpt-5-nano"
OURS = {"ENVIRONMENT": "test", "OPENAI_MODELS": MODELS}


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Iterator[None]:
    """Give this process its servers, before pytest-django reads the settings."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        # A shell that starts this in the background has it and all its children ignore Ctrl+C.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _start_servers()
    else:
        os.environ["DATA_DIR"] = os.path.join(os.environ["DATA_DIR"], worker)
        os.environ["REDIS_URL"] = _redis_of(worker)
    os.environ["REDIS_PREFIX"] = f"test-{worker or 'main'}"
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Thousands of tests stay to the end: nothing looks through them for what can go."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def _redis_of(worker: str) -> str:
    """A database of the worker's own, so that emptying it takes nothing from the others."""
    number = 1 + int(worker.removeprefix("gw"))
    return urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{number}").geturl()


def _start_servers() -> None:
    """Start the pair in the controller, and export its addresses, which the workers inherit."""
    stack = ExitStack()
    # A job that runs out of time gets SIGTERM; the servers then end as with Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    atexit.register(stack.close)
    try:
        addresses = stack.enter_context(temporary_servers())
    except StartError as error:
        pytest.exit(str(error), returncode=2)
    environment = without_ours(dict(os.environ)) | addresses | OURS
    os.environ.clear()
    os.environ.update(environment)
    # Otherwise each of the many processes that tests start would compile the site's code anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ[ADDRESS] = _start_fork_server(stack)


def _start_fork_server(stack: ExitStack) -> str:
    """Start it, of which it loads nothing before it is asked; the address of its socket."""
    folder = Path(os.environ["DATA_DIR"]).parent
    address = str(folder / "forks")
    with (folder / "forks.log").open("ab") as log:
        server = spawn([sys.executable, "-m", "tests.forkserver", address], output=log)
    stack.callback(kill, server)
    return address
