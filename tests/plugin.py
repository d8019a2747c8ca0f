"""Starts a temporary Postgres and Redis before Django's settings load; loaded with `-p`."""

import atexit
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from agentsite.local.errors import StartError
from agentsite.local.temporary import temporary_servers, without_ours


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Iterator[None]:
    """Give this process its servers, before pytest-django reads the settings."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        _start_servers()
    os.environ["REDIS_PREFIX"] = f"test-{worker or 'main'}"
    return (yield)


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
    environment = without_ours(dict(os.environ)) | addresses | {"ENVIRONMENT": "test"}
    os.environ.clear()
    os.environ.update(environment)
