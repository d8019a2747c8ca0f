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
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db.models import Sum
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from agentsite import verify
from billing.models import LedgerEntry
from billing.signed_statements import chain, selectors
from billing.signed_statements.keys import StatementKey
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


def text_of(records: Records) -> str:
    return "\n".join(json.dumps(record, ensure_ascii=False) for record in records)


def with_twice(text: str) -> str:
    """Each amount is there a second time, before the signed one: people read the first."""
    return text.replace('"amount": "', '"amount": "0", "amount": "')


@pytest.mark.parametrize(
    "hostile",
    [
        with_twice,
        lambda text: text.replace('{"line"', '{"note": "paid already", "line"'),
        lambda text: text.replace('{"end"', '{"note": "paid already", "end"'),
        lambda text: text.replace('{"statement"', '{"note": "paid already", "statement"'),
        lambda text: text.replace('"version": 1', '"version": 2'),
        lambda text: text.replace('"user":', '"owner":'),
        lambda text: text.replace('"hash": "', '"hash": 7, "x": "'),
        lambda text: text.replace('{"line": {', '{"line": [{').replace('}, "hash"', '}], "hash"'),
        lambda text: "[" * 100_000 + text,
        lambda text: text.splitlines()[0],
        lambda text: "",
    ],
)
def test_what_no_hash_is_of_makes_it_unreadable(
    records: Records, keys: dict[str, str], hostile: Callable[[str], str]
) -> None:
    """Else someone would read in it what nobody signed."""
    text = text_of(records)
    assert list(verify.faults(verify.read(text), keys)) == []
    with pytest.raises(verify.Unreadable):
        verify.read(hostile(text))


@pytest.mark.parametrize("figure", ["NaN", "sNaN", "1e999999999", "Infinity", "", None, True, "٣"])
def test_figures_that_are_none_are_told(
    records: Records, keys: dict[str, str], figure: object
) -> None:
    records[1]["line"]["amount"] = figure
    assert any("has no readable figures" in fault for fault in faults(records, keys))


def test_lines_in_another_order_do_not_pass(records: Records, keys: dict[str, str]) -> None:
    records[2], records[3] = records[3], records[2]
    assert "Before line 3, line 2 is missing." in faults(records, keys)
    for number, record in enumerate(records[1:-1], 1):
        record["line"]["number"] = number
    chained_anew(records)
    assert faults(records, keys) == [
        "The signature isn't the site's: the end was changed, or signed by someone else."
    ]


def test_odd_characters_in_a_line_are_no_end_of_it(
    alice: User, keys: dict[str, str], api_for: Callable[..., APIClient]
) -> None:
    """U+2028 and its like end a line for some programs; JSON has them as they are."""
    run = journal.start(RunFactory.create(owner=alice))
    key = "react/t1/th\u2028in\x85k"
    hold = journal.dispatch(run, key, held_at=datetime(2026, 3, 1, 12, tzinfo=UTC))
    journal.settle(run, hold)
    answer: Any = api_for(alice).get(URL, {"dollars": "simulated"})
    text = b"".join(answer.streaming_content).decode()
    assert "\u2028" in text
    assert list(verify.faults(verify.read(text), keys)) == []


def signed_by_mallory(records: Records, key_id: str = "") -> None:
    """Under a key of Mallory's own; `key_id` is what it is said to be."""
    key = StatementKey(Ed25519PrivateKey.generate())
    chained_anew(records)
    end = records[-1]["end"]
    end |= {"key_id": key_id or key.key_id, "public_key": key.public_key}
    del end["signature"]
    end["signature"] = key.sign(chain.canonical(end))


def test_a_key_is_the_one_that_its_id_names(records: Records, keys: dict[str, str]) -> None:
    """Without the site's keys, people compare the id that is printed."""
    (sites,) = keys
    signed_by_mallory(records, sites)
    end = records[-1]["end"]
    assert faults(records, {sites: end["public_key"]}) == [
        f"The key that signed it isn't the one that {sites} names."
    ]


def test_a_terminal_is_told_nothing(
    records: Records, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records[0]["statement"]["user"] = "mallory\n\x1b[2JProved: the site's own key\u202e"
    signed_by_mallory(records)
    file = tmp_path / "statement.jsonl"
    file.write_text(text_of(records))

    assert verify.main([str(file)]) == 0
    first, unknown = capsys.readouterr().out.splitlines()
    assert "mallory\\u000a\\u001b[2JProved" in first
    assert first.isprintable()
    assert unknown.startswith("Whose key that is, isn't known")


def test_it_says_what_is_simulated_and_what_was_not_over(
    alice: User,
    tmp_path: Path,
    api_for: Callable[..., APIClient],
    capsys: pytest.CaptureFixture[str],
) -> None:
    now = datetime.now(UTC)
    answer: Any = api_for(alice).get(f"/api/v1/statements/{now:%Y-%m}/", {"dollars": "simulated"})
    file = tmp_path / "statement.jsonl"
    file.write_bytes(b"".join(answer.streaming_content))

    assert verify.main([str(file)]) == 0
    said = capsys.readouterr().out
    assert "$0 (simulated: nobody pays them), signed by" in said
    assert f"The month wasn't over on {now:%Y-%m-}" in said


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
