"""Coloured code can be read in both themes."""

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[3] / "static"
TOKEN = re.compile(r"^ *--([\w-]+): +light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", re.MULTILINE)
USED = re.compile(r"\.code \.\w1 { color: var\(--([\w-]+)\)")
ENOUGH = 4.5


def luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_code_is_readable(theme):
    tokens = {
        name: pair[theme] for name, *pair in TOKEN.findall((STATIC / "tokens.css").read_text())
    }
    used = USED.findall((STATIC / "app.css").read_text())
    assert len(used) == 7
    ratios = {name: contrast(tokens[name], tokens["code-bg"]) for name in [*used, "text"]}
    assert {name: ratio for name, ratio in ratios.items() if ratio < ENOUGH} == {}
