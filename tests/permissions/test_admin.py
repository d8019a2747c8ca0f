"""The admin is for staff: everyone else is sent to its sign-in page, at every one of its routes."""

import re

import pytest

from tests.permissions.requests import all_routes
from tests.permissions.world import World

SIGN_IN = "/admin/login/"
# Whatever stands there: who asks is looked at first.
PLACEHOLDER = re.compile(r"<[\w:]+>")
FOR_EVERYONE = {"admin/login/", "admin/logout/"}


def address(route: str) -> str:
    return "/" + PLACEHOLDER.sub("1", route)


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["nobody", "owner", "reader", "expired"])
def test_only_staff_get_in(world: World, who: str) -> None:
    ours = {route for route in all_routes() if route.startswith("admin/")} - FOR_EVERYONE
    assert len(ours) > 30
    client = world.with_browsers[who].client()
    let_in = {
        f"{method} {route}"
        for route in ours
        for method in ("get", "post")
        if SIGN_IN not in getattr(client, method)(address(route)).headers.get("Location", "")
    }

    assert let_in == set()


@pytest.mark.django_db
def test_staff_do_get_in(world: World) -> None:
    client = world.with_browsers["staff"].client()

    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/accounts/user/").status_code == 200
