"""Every list and every page of the admin: opened, searched, filtered, by everyone of staff."""

import re
from urllib.parse import parse_qs, urlsplit

from django.contrib import admin
from django.test import Client

from accounts.models import ApiToken, User
from billing.models import Hold, LedgerEntry, UsageRollup
from billing.templatetags.money import usd, usd_exact
from runs.models import Run
from tests.runs.admin.addresses import address
from tests.runs.admin.rows import Rows
from web.admin import SiteAdmin

MOST_QUERIES = 15
LINK = re.compile(r'class="adm-link" href="([^"]+)"|<a href="(/[^"]+)">[^<]+</a>')


def test_every_model_with_pages_has_a_row_here(rows: Rows) -> None:
    assert set(rows) == set(admin.site._registry)
    assert all(isinstance(page, SiteAdmin) for page in admin.site._registry.values())


def test_every_list_shows_its_row_in_few_queries(
    rows: Rows, superuser: Client, django_assert_max_num_queries
) -> None:
    for model in rows:
        with django_assert_max_num_queries(MOST_QUERIES):
            page = superuser.get(address(model, "changelist"))
        assert page.status_code == 200, model
        assert page.context["cl"].result_count >= 1, model
        assert "result_list" in page.content.decode(), model


def test_every_search_and_every_filter_is_answered(rows: Rows, superuser: Client) -> None:
    for model, page in admin.site._registry.items():
        url = address(model, "changelist")
        if page.search_fields or getattr(page, "found_by", ()):
            assert page.search_help_text, model
            for typed in ("alice@example.org", str(rows[model].pk), "7", "no such thing", "\0"):
                answer = superuser.get(url, {"q": typed})
                assert answer.status_code == 200, (model, typed)
        shown = superuser.get(url).context["cl"]
        for spec in shown.filter_specs:
            for choice in spec.choices(shown):
                query = {name: values[0] for name, values in parse_qs(
                    urlsplit(choice["query_string"]).query).items()}  # fmt: skip
                answer = superuser.get(url, query)
                assert answer.status_code == 200, (model, query)


def test_every_row_has_a_page_whose_links_lead_somewhere(rows: Rows, superuser: Client) -> None:
    seen = set()
    for model, row in rows.items():
        page = superuser.get(address(model, "change", row.pk))
        assert page.status_code == 200, model
        for links in LINK.findall(page.content.decode()):
            seen.add("".join(links).replace("&amp;", "&"))
    assert [link for link in seen if superuser.get(link).status_code != 200] == []
    assert len(seen) > 20


def test_who_may_look_changes_nothing(rows: Rows, viewer: Client) -> None:
    for model, row in rows.items():
        assert viewer.get(address(model, "changelist")).status_code == 200, model
        assert viewer.get(address(model, "change", row.pk)).status_code == 200, model
        assert viewer.get(address(model, "add")).status_code == 403, model
        for page in ("change", "delete"):
            answer = viewer.post(address(model, page, row.pk), {"post": "yes"})
            assert answer.status_code == 403, (model, page)


def test_staff_without_rights_see_the_overview_alone(rows: Rows, newcomer: Client) -> None:
    page = newcomer.get("/admin/")
    assert page.status_code == 200
    assert "Budget periods" not in page.content.decode()
    for model, row in rows.items():
        assert newcomer.get(address(model, "changelist")).status_code == 403, model
        assert newcomer.get(address(model, "change", row.pk)).status_code == 403, model


def test_every_list_is_in_the_navigation(rows: Rows, superuser: Client) -> None:
    shown = superuser.get("/admin/").content.decode()
    assert [model for model in rows if address(model, "changelist") not in shown] == []


def test_an_amount_is_short_in_a_list_and_whole_on_its_page(rows: Rows, superuser: Client) -> None:
    line: LedgerEntry = rows[LedgerEntry]
    listed = superuser.get(address(LedgerEntry, "changelist")).content.decode()
    page = superuser.get(address(LedgerEntry, "change", line.pk)).content.decode()
    assert usd(line.amount) in listed
    assert str(usd_exact(line.amount)) in page


def test_what_people_wrote_is_text(rows: Rows, superuser: Client) -> None:
    Run.objects.filter(pk=rows[Run].pk).update(task="<script>x</script>", answer="<b>bold</b>")
    User.objects.filter(pk=rows[User].pk).update(name="<i>Alice</i>")
    for model in (Run, User, LedgerEntry):
        for url in (address(model, "changelist"), address(model, "change", rows[model].pk)):
            shown = superuser.get(url).content.decode()
            assert "<script>x" not in shown
            assert "<b>bold" not in shown
            assert "<i>Alice" not in shown


def test_a_run_is_found_by_its_address_and_its_owner(rows: Rows, superuser: Client) -> None:
    run: Run = rows[Run]
    for typed in (f"http://agents.example.org/runs/{run.pk}/", run.owner.email.upper()):
        found = superuser.get(address(Run, "changelist"), {"q": typed}).context["cl"]
        assert [row.pk for row in found.result_list] == [run.pk]
    answer = superuser.get(address(Run, "changelist"), {"q": "heat pump"})
    assert list(answer.context["cl"].result_list) == []
    assert "A run’s id or address, or a user’s email" in answer.content.decode()


def test_steps_and_patterns_have_their_names(rows: Rows, superuser: Client) -> None:
    for model in (LedgerEntry, Hold, UsageRollup):
        for url in (address(model, "changelist"), address(model, "change", rows[model].pk)):
            shown = superuser.get(url).content.decode()
            assert "ReAct" in shown
            assert ">react" not in shown
            if model is not UsageRollup:
                assert f'<span title="{rows[model].step_key}">Thinking 1</span>' in shown


def test_titles_are_words(rows: Rows) -> None:
    keys = re.compile(r"#|\w/\w|[a-z]_[a-z]|\d{4}-\d\d-\d\d")
    # A token's title has the beginning of its key.
    titles = {model.__name__: str(row) for model, row in rows.items() if model is not ApiToken}
    assert {name: title for name, title in titles.items() if keys.search(title)} == {
        "DialectRule": "o1 at openai: no_stop",  # an endpoint's own word
        "ForbiddenTool": "web_search",  # as runs name it
    }
    assert titles["Step"] == "Think: Done"
    assert titles["Hold"].startswith("Call of gpt-4.1-mini: $")


def test_a_title_leaves_an_address_as_it_is(rows: Rows, superuser: Client) -> None:
    shown = superuser.get(address(User, "change", rows[User].pk)).content.decode()
    assert ">alice@example.org</a>" in shown
    assert "Alice@example.org" not in shown
    assert ">Users</a>" in shown
