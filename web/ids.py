"""UUID version 7: identifiers that sort by the time they were made (RFC 9562, section 5.7)."""

import secrets
import time
import uuid
from datetime import datetime


def uuid7() -> uuid.UUID:
    """Return a new UUIDv7: milliseconds, 12 bits of their fraction (section 6.2), random bits.

    Those that one process makes one after another sort in that order.
    """
    ms, rest_ns = divmod(time.time_ns(), 1_000_000)
    fraction = rest_ns * 4096 // 1_000_000
    return uuid.UUID(int=ms << 80 | 0x7 << 76 | fraction << 64 | 0x2 << 62 | secrets.randbits(62))


def first_uuid7(moment: datetime) -> uuid.UUID:
    """The least id of a moment: what was made from then on has a greater one."""
    ms = int(moment.timestamp() * 1000)
    return uuid.UUID(int=ms << 80 | 0x7 << 76 | 0x2 << 62)
