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
import re
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

VERSION = 1
TIMEOUT_S = 30
ID_CHARACTERS = 16
# What a reader is told of, and so has to be there.
HEADER = {"user", "month", "timezone", "month_over", "simulated", "issued_at"}
FIGURE = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")
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
    """Take a statement apart: nothing else may be in it, since no hash is of that.

    Raises `Unreadable`.
    """
    try:
        first, *middle, last = [_record(line) for line in text.split("\n") if line.strip()]
    except (ValueError, RecursionError) as error:
        raise Unreadable("it has no beginning or no end that belongs to a statement") from error
    (header,), (end,) = _parts(first, statement=dict), _parts(last, end=dict)
    if header.get("version") != VERSION or not header.keys() >= HEADER:
        raise Unreadable("it is of a kind that this program doesn't know")
    lines = [_parts(record, line=dict, hash=str) for record in middle]
    return Statement(header, [(line, written) for line, written in lines], end)


def _record(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> Fields:
    """An object that has each name once: of two, another reader may take the other one."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object has a name twice")
    return found


def _parts(record: Any, **kinds: type) -> list[Any]:
    """The parts of a record, which has these and no others. Raises `Unreadable`."""
    if not isinstance(record, dict) or record.keys() != kinds.keys():
        raise Unreadable(f"one of its records isn't made of {' and '.join(kinds)} alone")
    for name, kind in kinds.items():
        if not isinstance(record[name], kind):
            raise Unreadable(f"the {name} of one of its records isn't what it has to be")
    return [record[name] for name in kinds]


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
                (_figure(line[tokens]) * _figure(line[price]) for tokens, price in BUCKETS),
                Decimal(0),
            )
            amount = _figure(line["amount"])
        except (KeyError, ValueError):
            yield f"{_named(line)} has no readable figures."
            continue
        total += amount
        if amount != cost:
            yield f"{_named(line)} says ${amount}; its tokens at its prices come to ${cost}."
    said = str(statement.end.get("total_usd"))
    if said != _plain(total):
        yield f"The total says ${said}; the lines add up to ${_plain(total)}."


def _figure(value: Any) -> Decimal:
    """A number of tokens, or dollars. Raises `ValueError`."""
    if isinstance(value, bool) or not FIGURE.fullmatch(str(value)):
        raise ValueError(f"{value!r} is no figure")
    return Decimal(value)


def _signature_faults(statement: Statement, public_keys: dict[str, str]) -> Iterator[str]:
    end = {name: value for name, value in statement.end.items() if name != "signature"}
    key = public_keys.get(str(end.get("key_id")))
    if key is None:
        yield f"It is signed with the key {end.get('key_id')}, which is none of the site's."
        return
    try:
        signature = base64.b64decode(str(statement.end.get("signature")), validate=True)
        raw = base64.b64decode(key)
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, canonical(end))
    except (ValueError, InvalidSignature):
        yield "The signature isn't the site's: the end was changed, or signed by someone else."
        return
    if hashlib.sha256(raw).hexdigest()[:ID_CHARACTERS] != end["key_id"]:
        yield f"The key that signed it isn't the one that {end['key_id']} names."


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
    except (OSError, ValueError, Unreadable) as error:
        print(_printable(f"Can't be read: {error}"), file=sys.stderr)
        return 2
    for fault in found:
        print(_printable(fault))
    if found:
        return 1
    for sentence in _said(statement.header, statement.end, trusted=bool(asked.keys)):
        print(_printable(sentence))
    return 0


def _said(header: Fields, end: Fields, *, trusted: bool) -> Iterator[str]:
    """What is proved, and what isn't."""
    total = f"${end['total_usd']}{' (simulated: nobody pays them)' if header['simulated'] else ''}"
    yield (
        f"Proved: {header['user']}, {header['month']} ({header['timezone']}), "
        f"{end['lines']} lines, {total}, signed by {end['key_id']}."
    )
    if not header["month_over"]:
        yield f"The month wasn't over on {header['issued_at']}: more may have been charged since."
    if not trusted:
        yield "Whose key that is, isn't known: give --keys to hold it against the site's."


def _printable(text: str) -> str:
    """Text that says nothing to a terminal, whatever a statement has in it."""
    return "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in text)


if __name__ == "__main__":
    sys.exit(main())
