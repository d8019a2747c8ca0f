"""The databases of a test session: migrated once, and copied for each parallel worker.

A worker has two: what the sites that tests start store in the second one stays.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import psycopg
from django.conf import settings
from django.db import connection
from django.db.backends.base.creation import TEST_DATABASE_PREFIX
from django.db.backends.postgresql.base import DatabaseWrapper
from django.test.utils import setup_databases

MIGRATED = "migrated"
ONE_AT_A_TIME = "SELECT pg_advisory_lock(1)"


def copy_migrated_database() -> None:
    """Make this worker's test database as a copy; whoever comes first migrates what is copied."""
    own = connection.settings_dict["NAME"]
    test_name = connection.settings_dict["TEST"]["NAME"] or f"{TEST_DATABASE_PREFIX}{own}"
    # To wait for another worker's migrations takes longer than what a web process lets one wait.
    patient = "-c statement_timeout=0"
    url = os.environ["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True, options=patient) as server:
        server.execute(ONE_AT_A_TIME)
        connection.settings_dict["TEST"]["NAME"] = MIGRATED
        connection.creation.create_test_db(verbosity=0, serialize=False, keepdb=True)
        _use(own)
        settings.DATABASES["default"]["NAME"] = own
        connection.settings_dict["TEST"]["NAME"] = test_name
        server.execute(f'CREATE DATABASE "{test_name}" TEMPLATE "{MIGRATED}"')


def live_name(name: str) -> str:
    """What it is called, beside the test database of this name."""
    return f"{name}_live"


def add_live_database() -> None:
    """Copy the empty test database."""
    if not connection.settings_dict["NAME"].startswith(TEST_DATABASE_PREFIX):
        # pytest-django makes the database only where a test of the session is marked for it.
        setup_databases(verbosity=0, interactive=False, keepdb=True, aliases={"default": None})
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
    cast(DatabaseWrapper, connection).close_pool()
