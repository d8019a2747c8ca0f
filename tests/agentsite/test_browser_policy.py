"""What browsers are told, in each environment, and that no page needs more than that allows."""

import json
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from django.test import Client

from accounts.models import User
from tests.agentsite.saying import said
from tests.permissions.requests import all_routes, is_api
from tests.permissions.world import World

# An address whose answer needs no file that production has to collect first.
SHOW = """
import json, django
django.setup()
from django.conf import settings
from django.test import Client
host = {"host": "agents.example.org"}
by_tls = Client(headers={**host, "x-forwarded-proto": "https"}).get("/api/v1/me/")
plain = Client(headers=host).get("/api/v1/me/")
cookies = [settings.SESSION_COOKIE_SECURE, settings.SESSION_COOKIE_HTTPONLY,
           settings.SESSION_COOKIE_SAMESITE, settings.CSRF_COOKIE_SECURE,
           settings.CSRF_COOKIE_SAMESITE]
print(json.dumps([by_tls.status_code, dict(by_tls.headers), plain.status_code, cookies]))
"""
SAME = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
POLICY = {
    *("default-src 'self'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:"),
    *("object-src 'none'", "base-uri 'self'", "form-action 'self'", "frame-ancestors 'none'"),
}
STRICT_TRANSPORT = {
    "development": None,
    "staging": "max-age=3600",
    "production": "max-age=31536000; includeSubDomains; preload",
}


@pytest.mark.django_db
@pytest.mark.parametrize("environment", STRICT_TRANSPORT)
def test_each_environment_says_all_of_it(environment: str) -> None:
    given = {
        "ENVIRONMENT": environment,
        "DJANGO_SETTINGS_MODULE": f"agentsite.settings.{environment}",
        "ALLOWED_HOSTS": "agents.example.org",
    }
    code, shown = said(SHOW, **given)
    assert code == 0, shown
    status, headers, plain, cookies = json.loads(shown.splitlines()[-1])

    assert status == 401
    assert {name: headers.get(name) for name in SAME} == SAME
    assert set(headers["Content-Security-Policy"].split("; ")) == POLICY
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers.get("Strict-Transport-Security") == STRICT_TRANSPORT[environment]
    by_tls = environment != "development"
    # Without TLS there is nothing but the way to it.
    assert plain == (301 if by_tls else 401)
    assert cookies == [by_tls, True, "Lax", by_tls, "Lax"]


class Inline(HTMLParser):
    """What the policy would refuse in a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        # Data is no script.
        if tag == "script" and "src" not in given and given.get("type") != "application/json":
            self.found.append(f"<script> at {self.getpos()}")
        if tag == "style":
            self.found.append(f"<style> at {self.getpos()}")
        for name, value in attrs:
            if name == "style" or name.startswith("on"):
                self.found.append(f"{tag} {name} at {self.getpos()}")
            if (value or "").strip().lower().startswith("javascript:"):
                self.found.append(f"{tag} {name}={value} at {self.getpos()}")


@pytest.mark.django_db
def test_no_page_has_scripts_or_styles_of_its_own_in_it(
    alice: User, bob: User, staff: User
) -> None:
    """The pages of Alice, of staff and of strangers, and those that refuse."""
    world = World(alice, bob, staff)
    routes = [r for r in all_routes() if not is_api(r) and not r.startswith("admin/")]
    seen, inline = 0, {}
    for who in ("nobody", "owner", "staff"):
        client = world.with_browsers[who].client()
        for route in [*routes, "no-such-page/"]:
            address = world.address(route) if route in routes else f"/{route}"
            answer = client.get(address)
            if not answer.headers.get("Content-Type", "").startswith("text/html"):
                continue
            parser = Inline()
            parser.feed(answer.content.decode())
            seen += answer.status_code == 200
            if parser.found:
                inline[f"{who} {route}"] = parser.found

    assert inline == {}
    assert seen > 40


@pytest.mark.django_db
def test_the_admins_looser_policy_is_for_its_pages_alone(
    staff: User, client_for: Callable[[User], Client]
) -> None:
    client = client_for(staff)
    looser = client.get("/admin/").headers["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-eval'" in looser
    assert "style-src 'self' 'unsafe-inline'" in looser
    for path in ("/", "/ops/", "/audit/", "/admin/login/"):
        strict = client.get(path).headers["Content-Security-Policy"]
        assert "unsafe" not in strict, path
