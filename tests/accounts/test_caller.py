"""Who asks: one answer for pages and for the API."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import RequestFactory
from rest_framework.request import Request

from accounts.caller import Caller, caller_of, known_caller, staff_of
from accounts.models import ApiToken, Scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def page_of():
    """A page's request of this user."""

    def make(user):
        request = RequestFactory().get("/")
        request.user = user
        return request

    return make


def test_a_session_has_no_token_and_may_do_everything(page_of, alice):
    caller = caller_of(page_of(alice))

    assert caller == Caller(alice, None)
    assert caller.token_id is None
    assert caller.may(Scope.RUNS_WRITE)


def test_a_token_does_what_its_scopes_say(page_of, alice):
    token, _ = ApiToken.objects.issue(user=alice, name="t", scopes=[Scope.RUNS_READ])
    request = Request(page_of(alice))
    request.user, request.auth = alice, token

    caller = caller_of(request)

    assert caller == Caller(alice, token)
    assert caller.token_id == token.pk
    assert caller.lacks(Scope.RUNS_READ, Scope.USAGE_READ) == [Scope.USAGE_READ]


def test_a_stranger_is_nobody(page_of):
    assert known_caller(RequestFactory().get("/")) is None
    with pytest.raises(PermissionDenied):
        caller_of(page_of(AnonymousUser()))


def test_only_staff_are_staff(page_of, alice, staff):
    assert staff_of(page_of(staff)) == staff
    with pytest.raises(Http404):
        staff_of(page_of(alice))
