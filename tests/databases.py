"""A second database of a test session: what the sites that tests start store there stays."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.backends.base.creation import TEST_DATABASE_PREFIX
from django.test.utils import setup_databases


def live_name(name: str) -> str:
    """What it is called, beside the test database of this name."""
    return f"{name}_live"


def add_live_database() -> None:
    """Copy the empty test database."""
    if not connection.settings_dict["NAME"].startswith(TEST_DATABASE_PREFIX):
        # pytest-django makes the database only where a test of the session is marked for it.
        setup_databases(verbosity=0, interactive=False, aliases={"default": None})
    _disconnect()
    connection.creation.clone_test_db("live", verbosity=0)


@contextmanager
def on_live_database() -> Iterator[None]:
    """Let this process use it meanwhile."""
    tests_name = connection.settings_dict["NAME"]
    _use(live_name(tests_name))
    yield
    _use(tests_name)


def _use(name: str) -> None:
    _disconnect()
    connection.settings_dict["NAME"] = name


def _disconnect() -> None:
    connection.close()
    connection.close_pool()
