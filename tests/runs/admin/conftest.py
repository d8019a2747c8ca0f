"""A full site, seen by a superuser, by staff with few rights, and by nobody of staff."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

import agentsite.urls  # noqa: F401 - it loads the pages
from accounts.models import User
from tests.factories import StaffFactory
from tests.runs.admin.rows import Rows, one_of_each


@pytest.fixture
def rows(alice: User, staff: User) -> Rows:
    return one_of_each(alice, staff)


@pytest.fixture
def superuser(staff: User, client_for: Callable[[User], Client]) -> Client:
    return client_for(staff)


@pytest.fixture
def viewer(db: None, client_for: Callable[[User], Client]) -> Client:
    """Staff who may look at everything, and no more."""
    user = StaffFactory.create()
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    return client_for(user)


@pytest.fixture
def newcomer(db: None, client_for: Callable[[User], Client]) -> Client:
    """Staff without any right."""
    return client_for(StaffFactory.create())
