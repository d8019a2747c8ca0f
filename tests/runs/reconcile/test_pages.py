"""The pages and the API of comparisons: asked for here, made by a worker, read by staff alone."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from billing.models import Reconciliation
from runs.reconcile.making import run_waiting
from runs.reconcile.presenter import signed_usd
from tests.runs.reconcile import recorded

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_openai")]
PAGE = "/ops/bills/"
API = "/api/v1/admin/reconciliations/"


def post(client: Any, **given: Any) -> Any:
    return client.post(PAGE, {"provider": "openai", **given})


def export(text: str = "") -> SimpleUploadedFile:
    return SimpleUploadedFile("usage.jsonl", (text or recorded.OPENAI.read_text()).encode())


def test_staff_upload_a_file_and_see_how_far_it_is_then_the_result(client_for, staff, in_doubt):
    client = client_for(staff)
    answer = post(client, file=export(), api_key=recorded.KEY)
    one = Reconciliation.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"{PAGE}{one.pk}/")
    assert (one.by, one.name, one.state) == (staff, "usage.jsonl", "waiting")

    page = client.get(answer["Location"])
    assert page["Refresh"] == "2"
    assert run_waiting() == 1
    page = client.get(answer["Location"])
    html = page.content.decode()
    assert "Refresh" not in page
    for words in ("All explained", "Boundary", "In doubt", "Estimated", "Failed", "Not ours"):
        assert words in html
    assert str(in_doubt[0].pk) in html
    assert "Doubts resolved" in html
    everything = client.get(f"{answer['Location']}?all=1").content.decode()
    assert "agrees" in everything
    assert "usage.jsonl" in client.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "Give a file, or the days to fetch."),
        ({"first": "2026-11-20"}, "OPENAI_ADMIN_KEY is not set"),
        ({"first": "2026-11-20", "last": "2027-01-01"}, "at most 31 days"),
        ({"first": "2026-11-20", "last": "2026-11-01"}, "at most 31 days"),
        ({"first": "soon"}, "Enter a valid date."),
        ({"provider": "acme", "first": "2026-11-20"}, "Select a valid choice"),
    ],
)
def test_what_cant_be_compared_is_said_at_the_form(client_for, staff, given, words):
    answer = post(client_for(staff), **given)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Reconciliation.objects.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"{", "It isn&#x27;t JSON"), (b"\xff\xfe\x00", "It isn&#x27;t text in UTF-8.")],
)
def test_a_bad_file_is_said_at_the_form(client_for, staff, content, words):
    file = SimpleUploadedFile("usage.jsonl", content)
    answer = post(client_for(staff), file=file)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_the_api_does_the_same(api_for, staff, in_doubt):
    client = api_for(staff)
    asked = client.post(
        API,
        {"document": recorded.OPENAI.read_text(), "api_keys": [recorded.KEY], "name": "november"},
        format="json",
    )
    assert asked.status_code == 202
    address = f"{API}{asked.json()['id']}/"
    assert asked.json()["state"] == "waiting"
    run_waiting()

    read = client.get(address).json()
    assert (read["state"], read["unexplained"], read["by"]) == ("agrees", 0, staff.email)
    assert {one["kind"] for one in read["differences"]} >= {"boundary", "in_doubt", "failed"}
    assert {one["run_id"] for one in read["resolved"]} == {str(run.pk) for run in in_doubt}
    rows = client.get(f"{address}buckets/").json()["results"]
    assert {row["kind"] for row in rows} >= {"", "boundary", "not_ours"}
    assert client.get(API).json()["results"][0]["id"] == asked.json()["id"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, None),
        ({"document": "[", "starts_at": "2026-11-20T00:00:00Z"}, None),
        ({"document": "["}, "document"),
        ({"document": "[]", "provider": "acme"}, "document"),
        ({"starts_at": "2026-11-20T00:00:00Z", "ends_at": "2026-11-20T00:00:00Z"}, "end"),
        ({"document": "[]", "colour": "red"}, "colour"),
    ],
)
def test_the_api_refuses_what_cant_be_compared(api_for, staff, given, field):
    answer = api_for(staff).post(API, given, format="json")
    assert answer.status_code == 400, answer.content
    assert not Reconciliation.objects.exists()


def test_a_comparison_whose_worker_died_is_made_anew(in_doubt):
    from runs.reconcile.services import ask_with_file

    text = recorded.OPENAI.read_text()
    one = ask_with_file(provider="", name="x", text=text, api_keys=[recorded.KEY])
    assert run_waiting(lambda: True) == 0
    Reconciliation.objects.filter(pk=one.pk).update(state="running", progress="Reading")
    assert run_waiting() == 1
    one.refresh_from_db()
    assert (one.state, len(one.resolved)) == ("agrees", 2)


def test_dollars_that_differ_have_a_sign_and_two_decimals_at_least() -> None:
    shown = [signed_usd(Decimal(usd)) for usd in ("0", "5", "-0.001704")]
    assert shown == ["$0.00", "+$5.00", "−$0.001704"]
    assert signed_usd(None) == "—"
