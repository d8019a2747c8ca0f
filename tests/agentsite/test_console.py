"""What pyproject promises to those who install the site: a program and a pytest plugin."""

import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from agentsite.console import SHORT

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]


def promised(name: str, value: str) -> Any:
    return EntryPoint(name, value, "").load()


def test_a_short_name_is_a_command_s(monkeypatch: pytest.MonkeyPatch, capsys):
    main = promised("agentsite", PROJECT["scripts"]["agentsite"])
    for short, name in SHORT.items():
        monkeypatch.setattr(sys, "argv", ["agentsite", short, "--help"])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 0
        assert f"agentsite {name}" in capsys.readouterr().out


def test_the_plugin_has_the_fixture():
    (plugin,) = PROJECT["entry-points"]["pytest11"].items()
    assert hasattr(promised(*plugin), "cassette")
