"""Each test that SECURITY.md names is there, and each threat names one."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
PAGE = (ROOT / "SECURITY.md").read_text()
# What there is nothing of here needs no test.
NOTHING = "there are none"


@cache
def functions_of(path: str) -> set[str]:
    """The names of the functions of a file."""
    file = ROOT / path
    assert file.is_file(), f"{path} is not there"
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {n.name for n in ast.walk(ast.parse(file.read_text())) if isinstance(n, functions)}


def test_each_test_that_it_names_is_there() -> None:
    named = NAMED.findall(PAGE)
    assert len(named) > 60
    assert [f"{path}::{name}" for path, name in named if name not in functions_of(path)] == []


def test_whatever_is_said_to_be_a_test_is_named_so() -> None:
    """No name is misspelt so that nothing looks at it."""
    assert len(re.findall(r"`tests/[^`]*::", PAGE)) == len(NAMED.findall(PAGE))


def test_each_row_has_its_test() -> None:
    rows = [line for line in PAGE.splitlines() if re.match(r"\| (?!-)", line)]
    heads = ("could try to", "entry")
    without = [
        row
        for row in rows
        if not NAMED.search(row) and NOTHING not in row and not row[2:].startswith(heads)
    ]
    assert without == []


def test_both_lists_are_whole() -> None:
    for prefix in ("LLM", "ASI"):
        listed = re.findall(rf"^\| {prefix}(\d\d) ", PAGE, re.MULTILINE)
        assert listed == [f"{number:02}" for number in range(1, 11)]
