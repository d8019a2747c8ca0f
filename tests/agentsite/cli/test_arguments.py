"""How the command line is said: the site, the token, and the fields of a submit."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agentsite.cli import program
from agentsite.cli.commands.submitting import FIELDS, _fields
from agentsite.cli.target import NoTarget, Target, target
from agentsite.client.types import SubmissionFields


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Write the configuration file; nothing of the environment counts."""
    for name in ("AGENTSITE_URL", "AGENTSITE_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    def write(text: str) -> None:
        (tmp_path / "agentsite").mkdir()
        (tmp_path / "agentsite" / "config.toml").write_text(text)

    return write


def options(*arguments: str) -> Any:
    return program.commands().parser.parse_args(arguments)


def test_an_option_wins_over_the_environment_and_that_over_the_file(config, monkeypatch) -> None:
    config('url = "https://file.example"\ntoken = "ags_file"')
    assert target(options("budgets")) == Target("https://file.example", "ags_file")
    monkeypatch.setenv("AGENTSITE_TOKEN", "ags_environment")
    assert target(options("budgets")) == Target("https://file.example", "ags_environment")
    said = options("budgets", "--url", "http://said:1", "--token", "ags_said")
    assert target(said) == Target("http://said:1", "ags_said")


def test_without_an_address_it_is_the_local_site(config, monkeypatch) -> None:
    monkeypatch.setenv("AGENTSITE_TOKEN", "ags_x")
    assert target(options("budgets")).url == "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no token: set AGENTSITE_TOKEN"),
        ("token =", "config.toml"),
        ('url = "example.org"\ntoken = "x"', "example.org should begin with http"),
    ],
)
def test_a_missing_site_is_one_line_and_exit_code_1(config, capsys, text, complaint) -> None:
    config(text)
    assert program.main(["budgets"]) == 1
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err.startswith("agentsite: ")
    assert complaint in written.err
    assert written.err.count("\n") == 1
    with pytest.raises(NoTarget):
        target(options("budgets"))


def test_a_site_that_is_not_there_is_one_line(config, capsys, monkeypatch) -> None:
    monkeypatch.setattr("agentsite.client.transport.FIRST_PAUSE_S", 0)
    said = ["--url", "http://127.0.0.1:9", "--token", "ags_x"]
    assert program.main(["runs", *said]) == 1
    written = capsys.readouterr().err
    assert written.startswith("agentsite: http://127.0.0.1:9 can't be reached: ")
    assert written.count("\n") == 1


def test_options_are_the_fields_of_a_submit() -> None:
    said = options(
        *("submit", "Hello", "--pattern", "react", "--max-cost", "$0.20", "--tool", "calculator"),
        *("--param", "max_iterations=3", "--param", "note=plain text", "--metadata", "team=blue"),
        *("--ask-for-money", "--deadline", "60"),
    )
    assert _fields(said) == {
        "pattern": "react",
        "max_cost_usd": Decimal("0.20"),
        "tools": ["calculator"],
        "params": {"max_iterations": 3, "note": "plain text"},
        "metadata": {"team": "blue"},
        "when_out_of_money": "ask",
        "deadline_s": 60,
    }
    assert _fields(options("submit", "Hello")) == {}
    assert set(FIELDS) <= set(SubmissionFields.__annotations__)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["submit"], "required: task"),
        (["submit", "x", "--max-cost", "much"], "much is no amount"),
        (["submit", "x", "--metadata", "blue"], "blue should be NAME=VALUE"),
        (["fork", "1"], "required: --step"),
        (["submitt"], "invalid choice"),
        ([], "required: COMMAND"),
    ],
)
def test_wrong_usage_is_exit_code_2(capsys, arguments, complaint) -> None:
    with pytest.raises(SystemExit) as ended:
        program.main(arguments)
    assert ended.value.code == 2
    assert complaint in capsys.readouterr().err


def test_these_are_the_commands() -> None:
    named = {"submit", "tail", "cancel", "cost", "runs", "fork", "rerun", "budgets"}
    assert program.names() == named
