"""A recorded export against a ledger with each kind of difference; doubts end, and books agree."""

import io
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from billing.models import Confidence, Hold, LedgerEntry, ModelPrice, Reconciliation
from runs.models import Run, Step
from runs.reconcile.services import ask_with_file
from runs.services import resolve_doubt
from tests import journal, providers
from tests.factories import RunFactory
from tests.runs.reconcile import recorded

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_openai", "books_agree")]


def reconcile(*arguments: Any, **options: Any) -> str:
    out = io.StringIO()
    call_command("reconcile", *arguments, stdout=out, **options)
    return out.getvalue()


def by_kind() -> dict[str, dict[str, Any]]:
    return {one["kind"]: one for one in Reconciliation.objects.get().differences}


def test_each_kind_of_difference_is_explained(in_doubt):
    report = reconcile(str(recorded.OPENAI), api_key=[recorded.KEY])

    found = by_kind()
    assert {kind: one["rows"] for kind, one in found.items()} == {
        "boundary": 2,
        "in_doubt": 2,
        "estimated": 1,
        "failed": 1,
        "rounding": 1,
        "not_ours": 4,
    }
    assert found["boundary"]["requests"] == found["boundary"]["output"] == 0
    assert found["estimated"]["output"] == 240 - 900
    assert found["failed"]["requests"] == 1
    assert found["not_ours"]["requests"] == 5
    one = Reconciliation.objects.get()
    assert (one.state, one.unexplained, one.by) == ("agrees", 0, None)
    assert one.provider_totals["requests"] == 8
    assert one.ledger_totals["requests"] == 8
    assert "2 doubts resolved, 0 unexplained" in report
    assert "Boundary" in report


def test_doubts_are_resolved_exactly_and_the_ledger_keeps_how(in_doubt):
    reconcile(str(recorded.OPENAI), api_key=[recorded.KEY])

    billed, never = in_doubt
    exact = journal.cost("gpt-4.1-mini", 640, 0, 310)
    for run, amount in ((billed, exact), (never, Decimal(0))):
        run.refresh_from_db()
        lines = list(LedgerEntry.objects.filter(run_id=run.pk).order_by("id"))
        most = lines[0].amount
        assert [line.amount for line in lines] == [most, -most, amount]
        assert [line.confidence for line in lines] == ["in_doubt", "in_doubt", "exact"]
        assert (run.cost_usd, run.in_doubt_usd) == (amount, 0)
        assert "openai's bill" in run.steps.get().error["message"]
        assert run.steps.get().status == "in_doubt"
    assert not Hold.objects.filter(state="in_doubt").exists()
    call_command("audit_ledger", stdout=io.StringIO())


def test_twice_finds_nothing_more_to_resolve(in_doubt):
    reconcile(str(recorded.OPENAI), api_key=[recorded.KEY])
    lines = LedgerEntry.objects.count()
    reconcile(str(recorded.OPENAI), api_key=[recorded.KEY])

    first, second = Reconciliation.objects.order_by("id")
    assert (len(first.resolved), second.resolved, second.state) == (2, [], "agrees")
    assert LedgerEntry.objects.count() == lines
    assert "in_doubt" not in {one["kind"] for one in second.differences}
    assert first.digest == second.digest != ""
    assert second.document == ""


def test_what_staff_had_estimated_is_superseded(in_doubt, staff):
    billed, _ = in_doubt
    entry = LedgerEntry.objects.get(run_id=billed.pk, confidence="in_doubt")
    resolve_doubt(entry=entry, by=staff, reason="a guess", known=Decimal("0.001"))
    reconcile(str(recorded.OPENAI), api_key=[recorded.KEY])

    standing = LedgerEntry.objects.get(run_id=billed.pk, reverses=None, reversed_by=None)
    assert standing.confidence == Confidence.EXACT
    assert standing.amount == journal.cost("gpt-4.1-mini", 640, 0, 310)


def test_an_unexplained_difference_is_said_loudly_and_exits_with_1(in_doubt, tmp_path):
    path = tmp_path / "more.jsonl"
    more = recorded.OPENAI.read_text().replace('"input_tokens": 640', '"input_tokens": 99640')
    path.write_text(more)
    with pytest.raises(CommandError, match="UNEXPLAINED: 1 of the rows"):
        reconcile(str(path), api_key=[recorded.KEY])
    assert Reconciliation.objects.get().state == "differs"
    billed, _ = in_doubt
    assert LedgerEntry.objects.filter(run_id=billed.pk, confidence="exact").count() == 0


def test_without_the_own_keys_id_a_shared_organisation_is_refused(in_doubt):
    with pytest.raises(CommandError, match="key_other, key_site"):
        reconcile(str(recorded.OPENAI))
    assert Reconciliation.objects.get().state == "failed"


def test_the_key_of_the_settings_is_used(in_doubt, settings):
    settings.OPENAI_API_KEY_ID = recorded.KEY
    assert "0 unexplained" in reconcile(str(recorded.OPENAI))


def test_figures_that_are_not_complete_are_left_alone(in_doubt, settings):
    settings.RECONCILE_AFTER_MIN = 10**9
    reconcile(str(recorded.OPENAI), api_key=[recorded.KEY])
    assert set(by_kind()) == {"too_recent"}
    assert LedgerEntry.objects.filter(confidence="exact").count() == 5


def test_a_csv_says_the_same(in_doubt, tmp_path):
    head = (
        "start,end,model,requests,fresh_input_tokens,cached_input_tokens,cache_write_tokens,"
        "output_tokens,cost_usd\n"
    )
    row = "2026-11-20T12:{:02}:00Z,2026-11-20T12:{:02}:00Z,{}\n"
    counts = {0: "gpt-4.1-mini,1,900,100,0,200,", 3: "gpt-4.1-mini,1,640,0,0,310,"}
    counts |= {1: "gpt-4.1-mini,2,1800,200,0,400,", 7: "gpt-4.1-mini,1,900,100,0,200,"}
    counts |= {2: "gpt-4.1-mini,1,900,100,0,200,", 5: "gpt-4.1-mini,1,700,0,0,240,"}
    lines = [row.format(m, m + 1, counts.get(m, ",0,0,0,0,0,")) for m in range(9)]
    path = tmp_path / "usage.csv"
    path.write_text(head + "".join(lines))

    assert "2 doubts resolved, 0 unexplained" in reconcile(str(path))


def test_a_doubt_costs_what_its_day_had_as_prices(in_doubt):
    high = dict.fromkeys(("input_price", "output_price"), Decimal(900))
    ModelPrice.objects.create(model="gpt-4.1-mini", **high)
    reconcile(str(recorded.OPENAI), api_key=[recorded.KEY])
    billed, _ = in_doubt
    billed.refresh_from_db()
    assert billed.cost_usd == journal.cost("gpt-4.1-mini", 640, 0, 310)


def test_a_call_that_is_under_way_explains_and_no_doubt_takes_its_usage(in_doubt, alice):
    run = journal.start(RunFactory.create(owner=alice, simulated=False, provider="openai"))
    recorded.at(3.2, run, "react/t1/think")
    report = reconcile(str(recorded.OPENAI), api_key=[recorded.KEY])
    billed, _ = in_doubt
    billed.refresh_from_db()
    assert billed.in_doubt_usd > 0
    assert "0 unexplained" in report


def test_a_failed_attempt_explains_once_its_steps_are_deleted(in_doubt):
    failed = Hold.objects.get(state="released", kind="call")
    Step.objects.filter(run_id=failed.run_id).delete()
    Run.objects.filter(pk=failed.run_id).update(deleted_details={"steps": 30})
    assert "0 unexplained" in reconcile(str(recorded.OPENAI), api_key=[recorded.KEY])
    assert by_kind()["failed"]["rows"] == 1


def test_the_key_of_the_settings_is_openais(in_doubt, settings):
    """Nothing of another provider's bill is by this key, and its doubts would seem to be free."""
    settings.OPENAI_API_KEY_ID = recorded.KEY
    settings.PROVIDERS = (*settings.PROVIDERS, *providers.openai(("llama",)))
    settings.PROVIDERS = (settings.PROVIDERS[0], replace(settings.PROVIDERS[1], name="groq"))
    text = recorded.OPENAI.read_text()
    assert ask_with_file(provider="groq", name="x", text=text).api_keys == []
    assert ask_with_file(provider="openai", name="x", text=text).api_keys == [recorded.KEY]


def test_more_dollars_than_there_are_is_said(in_doubt, tmp_path):
    path = tmp_path / "much.jsonl"
    path.write_text(
        recorded.OPENAI.read_text().replace(
            '"output_tokens": 310', '"output_tokens": 999999999999999'
        )
    )
    with pytest.raises(CommandError, match="more dollars than anyone is billed"):
        reconcile(str(path), api_key=[recorded.KEY])
    assert Hold.objects.filter(state="in_doubt").count() == 2
