"""Prove a signed statement, without the site: `python -m agentsite.verify statement.jsonl`.

This file stands alone: it needs Python and the package `cryptography`, and may be copied.
`--keys` names the keys that the site publishes at /.well-known/agentsite-statement-keys.json, as
a file or an address. Without it, the signature is held against the key in the statement itself,
which says only that nothing was changed since somebody signed it.

Exit code 0: proved. 1: something was changed, and it is said what. 2: it can't be read.
"""

import argparse
import base64
import hashlib
import json
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

TIMEOUT_S = 30
PER_TOKEN = Decimal("0.000001")
BUCKETS = (
    ("fresh_input_tokens", "input_price"),
    ("cached_input_tokens", "cached_input_price"),
    ("cache_write_tokens", "cache_write_price"),
    ("output_tokens", "output_price"),
)

Fields = dict[str, Any]


class Unreadable(Exception):
    """It is no statement, or a part of one."""


@dataclass(frozen=True)
class Statement:
    """A statement's parts: its header, its lines each with its hash, and its signed end."""

    header: Fields
    lines: list[tuple[Fields, str]]
    end: Fields


def canonical(fields: Fields) -> bytes:
    """The one way to write an object."""
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def read(text: str) -> Statement:
    """Take a statement apart. Raises `Unreadable`."""
    try:
        first, *middle, last = [json.loads(line) for line in text.splitlines() if line.strip()]
        lines = [(record["line"], record["hash"]) for record in middle]
        return Statement(first["statement"], lines, last["end"])
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable("it has no beginning or no end that belongs to a statement") from error


def faults(statement: Statement, public_keys: dict[str, str]) -> Iterator[str]:
    """What is wrong with it, in words; nothing where all is as it was signed.

    `public_keys` are trusted ones in base64, by their id.
    """
    yield from _chain_faults(statement)
    yield from _sum_faults(statement)
    yield from _signature_faults(statement, public_keys)


def _chain_faults(statement: Statement) -> Iterator[str]:
    head = hashlib.sha256(canonical(statement.header)).hexdigest()
    expected = 1
    for line, written in statement.lines:
        number = line.get("number")
        head = hashlib.sha256(head.encode() + b"\n" + canonical(line)).hexdigest()
        if number != expected:
            yield _misplaced(number, expected)
        elif head != written:
            yield f"{_named(line)} was changed{', or the header' if number == 1 else ''}."
        # From here on by the hash that is written, so that one change is told once.
        head = written
        expected = number + 1 if isinstance(number, int) else expected + 1
    if statement.end.get("lines") != len(statement.lines):
        yield f"There were {statement.end.get('lines')} lines, and {len(statement.lines)} are here."
    if statement.end.get("head") != head:
        yield "The end belongs to other lines: its head isn't the last line's hash."


def _misplaced(number: Any, expected: int) -> str:
    if isinstance(number, int) and number > expected:
        missing = str(expected) if number == expected + 1 else f"{expected} to {number - 1}"
        return f"Before line {number}, line {missing} is missing."
    return f"A line numbered {number} was put in where line {expected} has to be."


def _sum_faults(statement: Statement) -> Iterator[str]:
    total = Decimal(0)
    for line, _ in statement.lines:
        try:
            cost = PER_TOKEN * sum(
                (Decimal(line[tokens]) * Decimal(line[price]) for tokens, price in BUCKETS),
                Decimal(0),
            )
            amount = Decimal(line["amount"])
        except (KeyError, InvalidOperation, TypeError, ValueError):
            yield f"{_named(line)} has no readable figures."
            continue
        total += amount
        if amount != cost:
            yield f"{_named(line)} says ${amount}; its tokens at its prices come to ${cost}."
    said = str(statement.end.get("total_usd"))
    if said != _plain(total):
        yield f"The total says ${said}; the lines add up to ${_plain(total)}."


def _signature_faults(statement: Statement, public_keys: dict[str, str]) -> Iterator[str]:
    end = {name: value for name, value in statement.end.items() if name != "signature"}
    key = public_keys.get(str(end.get("key_id")))
    if key is None:
        yield f"It is signed with the key {end.get('key_id')}, which is none of the site's."
        return
    try:
        signature = base64.b64decode(str(statement.end.get("signature")), validate=True)
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key))
        public.verify(signature, canonical(end))
    except (ValueError, InvalidSignature):
        yield "The signature isn't the site's: the end was changed, or signed by someone else."


def _named(line: Fields) -> str:
    return f"Line {line.get('number')} (ledger line {line.get('id')})"


def _plain(amount: Decimal) -> str:
    text = f"{amount:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def keys_from(source: str) -> dict[str, str]:
    """The published keys by their id, from a file or an address. Raises `Unreadable`."""
    try:
        if source.startswith(("https://", "http://")):
            with urllib.request.urlopen(source, timeout=TIMEOUT_S) as answer:  # noqa: S310
                text = answer.read().decode()
        else:
            text = Path(source).read_text(encoding="utf-8")
        return {key["key_id"]: key["public_key"] for key in json.loads(text)["keys"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unreadable(f"{source} has no keys: {error}") from error


def _asked(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m agentsite.verify", description=__doc__)
    parser.add_argument("statement", type=Path, help="the file that was downloaded")
    parser.add_argument("--keys", metavar="FILE_OR_URL", help="the keys that the site publishes")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Check one statement, and say what was found."""
    asked = _asked(arguments)
    try:
        statement = read(asked.statement.read_text(encoding="utf-8"))
        own = {str(statement.end.get("key_id")): str(statement.end.get("public_key"))}
        found = list(faults(statement, keys_from(asked.keys) if asked.keys else own))
    except (OSError, UnicodeDecodeError, Unreadable) as error:
        print(f"Can't be read: {error}", file=sys.stderr)
        return 2
    for fault in found:
        print(fault)
    if found:
        return 1
    header, end = statement.header, statement.end
    print(
        f"Proved: {header['user']}, {header['month']} ({header['timezone']}), "
        f"{end['lines']} lines, ${end['total_usd']}, signed by {end['key_id']}."
    )
    if not asked.keys:
        print("Whose key that is, isn't known: give --keys to hold it against the site's.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
