"""What identifies a call of a run, to those who are outside of it."""

from uuid import UUID, uuid5


def effect_id(run_id: UUID, key: str, digest: str) -> str:
    """The same for the same call of a run, whoever executes it, and no other's."""
    return str(uuid5(run_id, f"{key} {digest}"))


def nth_attempt(number: int) -> str:
    """In place of a digest: this attempt of a step alone, whatever it asks."""
    return f"attempt {number}"
