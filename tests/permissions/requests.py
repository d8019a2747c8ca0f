"""Asks every route as everyone, and compares the answers with what was decided."""

import re
from collections.abc import Iterable, Mapping

from django.db import transaction
from django.urls import URLPattern, get_resolver
from rest_framework.views import APIView

from tests.permissions.world import Person, World
from tests.routes import routes

Decisions = Mapping[str, str]
GROUP = re.compile(r"\(\?P(<\w+>)[^)]*\)")
PLACEHOLDER = re.compile(r"<[\w:]+>|{\w+}")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
OF_PAGES = ("GET", "POST")


def all_routes() -> dict[str, URLPattern]:
    """Every route of the site by its path, in which groups of a pattern are names only."""
    return {readable(path): route for path, route in routes(get_resolver())}


def readable(path: str) -> str:
    """A path in which a regular expression looks like the others."""
    return GROUP.sub(r"\1", path).replace("^", "").replace("$", "").replace("\\", "")


def is_api(route: str) -> bool:
    """Whether programs ask for it, with a token."""
    return route.startswith(("api/", "v1/", "agent/", ".well-known/"))


def path_parameters(world: World, path: str) -> dict[str, str]:
    """The things that there are, for the parameters of an address as `/runs/{id}/` has them."""
    address = address_of(world, path).partition("?")[0]
    pairs = zip(path.split("/"), address.split("/"), strict=True)
    return {name.strip("{}"): value for name, value in pairs if name.startswith("{")}


def address_of(world: World, path: str) -> str:
    """The address of the things that there are, of a path as `/runs/{id}/`."""
    by_shape = {PLACEHOLDER.sub("{}", route): route for route in all_routes()}
    return world.address(by_shape[PLACEHOLDER.sub("{}", path.removeprefix("/"))])


def methods(route: URLPattern) -> Iterable[str]:
    """The methods of an API view that it has; of a page all that a browser sends."""
    view = getattr(route.callback, "cls", None)
    if view is None or not issubclass(view, APIView):
        return OF_PAGES
    return [method for method in METHODS if hasattr(view, method.lower())]


def answers(world: World, chosen: Iterable[str], people: Mapping[str, Person]) -> dict[str, str]:
    """By method and route the statuses of these people's requests, in their order."""
    known = all_routes()
    return {
        f"{method} {route}": " ".join(
            str(status(world, method, route, person)) for person in people.values()
        )
        for route in chosen
        for method in methods(known[route])
    }


def status(world: World, method: str, route: str, person: Person) -> int:
    """The status of a request that leaves nothing behind."""
    body = world.bodies.get(route, {}) if method in ("POST", "PATCH") else {}
    options = {"content_type": "application/json"} if is_api(route) else {}
    with transaction.atomic():
        send = getattr(person.client(), method.lower())
        answer = send(world.address(route), body, **options)
        transaction.set_rollback(True)
    return int(answer.status_code)


def assert_decided(found: Decisions, decided: Decisions, people: Mapping[str, Person]) -> None:
    """Each route answers as decided; one that nobody decided about is named."""
    columns = " ".join(people)
    new = "\n".join(f'    "{key}": "{found[key]}",' for key in sorted(set(found) - set(decided)))
    assert not new, f"Decide who may call these ({columns}). At present:\n{new}"
    assert not set(decided) - set(found), "These routes are no longer there."
    differing = {
        key: f"{found[key]}, not {decided[key]}" for key in found if found[key] != decided[key]
    }
    assert not differing, f"{differing}, in the order of {columns}"
