"""The band of eight in ten, from what was seen: by rank, so that no spread has to be assumed."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple


class Band(NamedTuple):
    """Eight of ten are between `low` and `high`, and half are at most `middle`."""

    low: Decimal
    middle: Decimal
    high: Decimal


def band_of(values: Sequence[Decimal]) -> Band:
    """The band in which the next value is expected; `values` are sorted, and at least one.

    If the next of n values comes as those before it did, it is as likely in each of the n + 1 gaps
    between them. The ends leave a tenth of the gaps out on each side, rounded outwards; so a few
    values give a wider band. This is split conformal prediction (Lei et al.,
    https://doi.org/10.1080/01621459.2017.1307116).
    """
    count = len(values)
    low = max((count + 1) // 10, 1)
    high = min(-(-9 * (count + 1) // 10), count)
    return Band(values[low - 1], values[(count - 1) // 2], values[high - 1])
