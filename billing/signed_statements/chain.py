"""The chain of hashes. `agentsite/verify.py` knows it too, from this description alone.

A statement is lines of JSON. The first has the `statement`, each following one a ledger `line`
with its `hash`, the last one the `end`. The canonical form of an object is its JSON with sorted
keys, no spaces and no escapes beyond JSON's own, in UTF-8. The first hash is SHA-256 of the
statement; that of a line is SHA-256 of the hash before it, as hex, a line feed and the line. The
signature is Ed25519's of the end without its `signature`; `key_id` is the beginning of the public
key's SHA-256. No record has other parts, and no object a name twice.
"""

import hashlib
import json
from typing import Any

Fields = dict[str, Any]


def canonical(fields: Fields) -> bytes:
    """The one way to write an object."""
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def first_hash(statement: Fields) -> str:
    """Where the chain begins; hex."""
    return hashlib.sha256(canonical(statement)).hexdigest()


def next_hash(before: str, line: Fields) -> str:
    """The link of a line after the one before it; hex."""
    return hashlib.sha256(before.encode() + b"\n" + canonical(line)).hexdigest()
