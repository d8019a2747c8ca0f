"""The frame around every page, and the pages that stand alone."""

import re
from collections.abc import Callable

import pytest
from django.template.loader import render_to_string
from django.test import Client

from accounts.models import User

PAGES = ["/tokens/", "/account/"]
PUBLIC = ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"]
ALONE = ["400", "403", "403_csrf", "404", "429", "500", "503"]
INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", re.IGNORECASE)
OUTSIDE = re.compile(r"""(?:src|href)=["'](?:https?:)?//""")


def nav_of(page: str) -> str:
    return page[page.index('<nav class="nav"') : page.index("</nav>")]


@pytest.mark.parametrize("path", PAGES)
def test_pages_have_landmarks_one_heading_and_the_current_link(
    alice: User, client_for: Callable[[User], Client], path: str
) -> None:
    page = client_for(alice).get(path).content.decode()
    assert page.count("<h1") == page.count("<main") == 1
    assert '<a class="skip" href="#main">' in page
    current = re.findall(r'<a[^>]*href="([^"]*)"[^>]*aria-current="page"', page)
    assert current == [path]


@pytest.mark.parametrize("path", [*PAGES, *PUBLIC])
def test_pages_keep_to_the_content_security_policy(
    alice: User, client_for: Callable[[User], Client], path: str
) -> None:
    response = (client_for(alice) if path in PAGES else Client()).get(path)
    page = response.content.decode()
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    assert INLINE.findall(page) == []
    assert OUTSIDE.findall(page) == []


def test_icons_that_pages_use_are_in_the_sprite(
    alice: User, client_for: Callable[[User], Client]
) -> None:
    for path in PAGES:
        page = client_for(alice).get(path).content.decode()
        used = set(re.findall(r'<use href="#([\w-]+)"', page))
        drawn = set(re.findall(r'<symbol id="([\w-]+)"', page))
        assert used
        assert used <= drawn


def test_operations_is_for_staff(
    alice: User, staff: User, client_for: Callable[[User], Client]
) -> None:
    assert "Operations" not in nav_of(client_for(alice).get("/account/").content.decode())
    assert "/ops/" in nav_of(client_for(staff).get("/account/").content.decode())


@pytest.mark.parametrize("code", ALONE)
def test_error_pages_need_no_data(code: str) -> None:
    page = render_to_string(f"{code}.html")
    assert f'<p class="code-no">{code[:3]}</p>' in page
    assert page.count("<h1") == 1
    assert INLINE.findall(page) == []


def test_a_missing_page_looks_like_the_site(db: None, client: Client) -> None:
    response = client.get("/no/such/page/")
    assert response.status_code == 404
    assert b"There is nothing here" in response.content


def test_a_refused_page_names_who_is_signed_in(
    alice: User, client_for: Callable[[User], Client]
) -> None:
    response = client_for(alice).get("/admin/login/")
    assert response.status_code == 403
    assert alice.email.encode() in response.content
