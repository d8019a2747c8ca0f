"""The shortest edit between two lists, in time that is bounded whatever they are."""

from collections.abc import Sequence

# Whether it is in both, and its items in each.
Part = tuple[bool, list[str], list[str]]


def parts(a: list[str], b: list[str], most: int) -> list[Part]:
    """Equal and differing stretches in turn.

    Where it takes too many edits, all between the equal beginnings and ends differs.
    """
    found = aligned(a, b, most)
    return _ends(a, b) if found is None else found


def _ends(a: list[str], b: list[str]) -> list[Part]:
    start = _common(a, b)
    end = _common(a[start:][::-1], b[start:][::-1])
    to_a, to_b = len(a) - end, len(b) - end
    found = [
        (True, a[:start], b[:start]),
        (False, a[start:to_a], b[start:to_b]),
        (True, a[to_a:], b[to_b:]),
    ]
    return [part for part in found if part[1] or part[2]]


def _common(a: Sequence[str], b: Sequence[str]) -> int:
    """How many items both begin with."""
    for count, (left, right) in enumerate(zip(a, b, strict=False)):
        if left != right:
            return count
    return min(len(a), len(b))


def aligned(a: list[str], b: list[str], most: int) -> list[Part] | None:
    """Equal and differing stretches in turn; None where it takes more than `most` edits."""
    kept = matches(a, b, most)
    if kept is None:
        return None
    parts: list[Part] = []
    x = y = 0
    for to_x, to_y in kept:
        if (x, y) != (to_x, to_y):
            parts.append((False, a[x:to_x], b[y:to_y]))
        if not (parts and parts[-1][0]):
            parts.append((True, [], []))
        parts[-1][1].append(a[to_x])
        parts[-1][2].append(b[to_y])
        x, y = to_x + 1, to_y + 1
    if x < len(a) or y < len(b):
        parts.append((False, a[x:], b[y:]))
    return parts


def matches(a: Sequence[str], b: Sequence[str], most: int) -> list[tuple[int, int]] | None:
    """The places of what a shortest edit keeps; None where it takes more than `most` edits.

    Myers' greedy algorithm: at most `most` rounds, each a little longer than the last.
    """
    ids: dict[str, int] = {}
    left, right = ([ids.setdefault(item, len(ids)) for item in items] for items in (a, b))
    # How far each diagonal has come, before each round.
    furthest, rounds = {1: 0}, []
    for edits in range(most + 1):
        rounds.append(dict(furthest))
        for diagonal in range(-edits, edits + 1, 2):
            x = furthest[before := _before(furthest, diagonal, edits)] + (before < diagonal)
            y = x - diagonal
            while x < len(left) and y < len(right) and left[x] == right[y]:
                x, y = x + 1, y + 1
            furthest[diagonal] = x
            if x >= len(left) and y >= len(right):
                return _walked(rounds, len(left), len(right))
    return None


def _before(furthest: dict[int, int], diagonal: int, edits: int) -> int:
    """The diagonal from which a round comes to this one."""
    added = diagonal == -edits or (
        diagonal != edits and furthest[diagonal - 1] < furthest[diagonal + 1]
    )
    return diagonal + 1 if added else diagonal - 1


def _walked(rounds: Sequence[dict[int, int]], x: int, y: int) -> list[tuple[int, int]]:
    """What was kept on the way to the end of both, found backwards."""
    kept = []
    for edits in range(len(rounds) - 1, -1, -1):
        before = _before(rounds[edits], x - y, edits)
        from_x = rounds[edits][before]
        from_y = from_x - before
        while x > from_x and y > from_y:
            x, y = x - 1, y - 1
            kept.append((x, y))
        x, y = from_x, from_y
    return kept[::-1]
