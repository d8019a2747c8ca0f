"""The navigation: every entry leads somewhere, has an icon, and shares its key with no other."""

import re
from pathlib import Path

from django.conf import settings
from django.urls import reverse

from agentsite.navigation import SECTIONS

ENTRIES = [entry for section in SECTIONS for entry in section.entries]


def test_every_entry_has_a_page_and_an_icon() -> None:
    sprite = (Path(settings.BASE_DIR) / "templates" / "_sprite.html").read_text()
    drawn = set(re.findall(r'<symbol id="i-([\w-]+)"', sprite))
    assert all(reverse(entry.view) for entry in ENTRIES)
    assert {entry.icon for entry in ENTRIES} <= drawn


def test_no_key_leads_to_two_pages() -> None:
    keys = [entry.key or f"g {entry.go}" for entry in ENTRIES if entry.key or entry.go]
    assert len(keys) == len(set(keys))


def test_the_list_of_keys_names_the_pages_that_the_reader_may_see(client_for, alice, staff) -> None:
    assert "Go to Usage" in client_for(alice).get("/account/").content.decode()
    assert "Go to Operations" not in client_for(alice).get("/account/").content.decode()
    assert "Go to Operations" in client_for(staff).get("/account/").content.decode()
