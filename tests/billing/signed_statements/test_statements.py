"""A statement proves itself, and whatever is changed in it is found and named."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Sum
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from agentsite import verify
from billing.models import LedgerEntry
from billing.signed_statements import chain, selectors
from tests import journal
from tests.factories import RunFactory

pytestmark = pytest.mark.django_db

URL = "/api/v1/statements/2026-03/"
KEYS = "/.well-known/agentsite-statement-keys.json"
ROOT = Path(__file__).resolve().parents[3]

Records = list[dict[str, Any]]


@pytest.fixture
def records(alice: User, api_for: Callable[..., APIClient]) -> Records:
    """A statement of five lines, as records."""
    run = journal.start(RunFactory.create(owner=alice))
    for n in range(1, 6):
        held_at = datetime(2026, 3, n, 12, tzinfo=UTC)
        hold = journal.dispatch(run, f"react/t{n}/think", held_at=held_at)
        journal.settle(run, hold, fresh=100 * n, output=7)
    answer: Any = api_for(alice).get(URL, {"dollars": "simulated"})
    assert answer.status_code == 200
    assert answer["Content-Disposition"].endswith(f'"statement-{alice.pk}-2026-03-simulated.jsonl"')
    return [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]


@pytest.fixture
def keys(client: Client) -> dict[str, str]:
    """The keys that the site publishes."""
    found = client.get(KEYS).json()["keys"]
    return {key["key_id"]: key["public_key"] for key in found}


def faults(records: Records, keys: dict[str, str]) -> list[str]:
    text = "\n".join(json.dumps(record) for record in records)
    return list(verify.faults(verify.read(text), keys))


def chained_anew(records: Records) -> None:
    """Make all hashes anew, as someone would who changed a line."""
    head = chain.first_hash(records[0]["statement"])
    for record in records[1:-1]:
        record["hash"] = head = chain.next_hash(head, record["line"])
    records[-1]["end"]["head"] = head


def test_it_has_every_line_and_is_proved(
    records: Records, keys: dict[str, str], alice: User
) -> None:
    total = LedgerEntry.objects.filter(owner=alice).aggregate(sum=Sum("amount"))["sum"]

    assert [record["line"]["number"] for record in records[1:-1]] == [1, 2, 3, 4, 5]
    assert Decimal(records[-1]["end"]["total_usd"]) == total
    assert faults(records, keys) == []


def test_a_changed_line_is_named(records: Records, keys: dict[str, str]) -> None:
    line = records[3]["line"]
    line["model"] = "gpt-5-nano"

    assert faults(records, keys) == [f"Line 3 (ledger line {line['id']}) was changed."]


def test_a_changed_amount_is_named_with_what_it_has_to_be(
    records: Records, keys: dict[str, str]
) -> None:
    line = records[2]["line"]
    amount, line["amount"] = line["amount"], "0.000001"

    changed, wrong, total = faults(records, keys)

    assert changed == f"Line 2 (ledger line {line['id']}) was changed."
    assert wrong.startswith(f"Line 2 (ledger line {line['id']}) says $0.000001; its tokens")
    assert Decimal(wrong.rsplit("$", 1)[1].rstrip(".")) == Decimal(amount)
    assert total.startswith("The total says $")


def test_a_missing_line_is_told(records: Records, keys: dict[str, str]) -> None:
    del records[2:4]

    found = faults(records, keys)

    assert found[0] == "Before line 4, line 2 to 3 is missing."
    assert "There were 5 lines, and 3 are here." in found


def test_a_line_put_in_or_moved_is_told(records: Records, keys: dict[str, str]) -> None:
    records.insert(3, json.loads(json.dumps(records[1])))

    assert faults(records, keys)[0] == "A line numbered 1 was put in where line 3 has to be."


def test_a_cut_end_is_told(records: Records, keys: dict[str, str]) -> None:
    del records[5]

    assert faults(records, keys)[:2] == [
        "There were 5 lines, and 4 are here.",
        "The end belongs to other lines: its head isn't the last line's hash.",
    ]
    with pytest.raises(verify.Unreadable):
        faults(records[:-1], keys)


def test_hashes_made_anew_do_not_pass(records: Records, keys: dict[str, str]) -> None:
    records[3]["line"]["pattern"] = "storm"
    chained_anew(records)

    assert faults(records, keys) == [
        "The signature isn't the site's: the end was changed, or signed by someone else."
    ]


def test_another_key_does_not_pass(records: Records, settings: Any, client: Client) -> None:
    settings.SECRET_KEY = "s" * 60
    (other,) = client.get(KEYS).json()["keys"]

    assert faults(records, {other["key_id"]: other["public_key"]}) == [
        f"It is signed with the key {records[-1]['end']['key_id']}, which is none of the site's."
    ]


def test_a_replaced_secret_still_proves(records: Records, settings: Any, client: Client) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "s" * 60, [settings.SECRET_KEY]
    found = client.get(KEYS).json()["keys"]

    assert len(found) == 2
    assert faults(records, {key["key_id"]: key["public_key"] for key in found}) == []


def test_a_changed_header_is_told(records: Records, keys: dict[str, str]) -> None:
    records[0]["statement"]["user"] = "mallory@example.org"

    (found,) = faults(records, keys)
    assert found.endswith("was changed, or the header.")


def test_lines_are_read_in_batches(
    records: Records, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "LINES_AT_A_TIME", 2)
    entries = LedgerEntry.objects.filter(owner=alice)

    assert list(selectors.statement_lines(entries)) == [record["line"] for record in records[1:-1]]


def test_the_program_needs_nothing_of_the_site(
    records: Records, client: Client, tmp_path: Path
) -> None:
    """A copy of the one file, elsewhere."""
    program, file = tmp_path / "check.py", tmp_path / "statement.jsonl"
    program.write_text((ROOT / "agentsite/verify.py").read_text())
    file.write_text("\n".join(json.dumps(record) for record in records))
    (tmp_path / "keys.json").write_bytes(client.get(KEYS).content)

    def checked(*options: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, str(program), str(file), *options],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        return done.returncode, done.stdout

    code, said = checked("--keys", "keys.json")
    assert (code, said.startswith("Proved: alice@example.org, 2026-03 (UTC), 5 lines, $")) == (
        0, True,
    )  # fmt: skip
    assert "Whose key that is, isn't known" in checked()[1]
    records[1]["line"]["attempt"] = 9
    file.write_text("\n".join(json.dumps(record) for record in records))
    assert checked("--keys", "keys.json")[0] == 1
    file.write_text("nothing")
    assert checked()[0] == 2
