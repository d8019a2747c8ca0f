"""Each command that people are told to type is run by a test, or it is said why not."""

import re

from tests.documentation.commands import ROOT, RUN_BY, commands

COMMANDS = list(commands())


def test_each_is_run_or_has_a_reason() -> None:
    unknown = [one for one in COMMANDS if not any(re.match(known, one.text) for known in RUN_BY)]
    assert not unknown


def test_no_line_of_the_table_is_left_over() -> None:
    unused = [known for known in RUN_BY if not any(re.match(known, one.text) for one in COMMANDS)]
    assert not unused


def test_the_tests_are_there() -> None:
    named = [path for how in RUN_BY.values() for path in re.findall(r"tests/[\w/.]+", how)]
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []
