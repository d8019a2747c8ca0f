"""Variables of the environment that a test gives to `load_env`, in this process."""

import pytest

from agentsite.env import ROOT, Env, load_env
from agentsite.secret_files import variables_named

LINES = (ROOT / "deploy/checks.env").read_text().splitlines()
# What a site that others reach is given at least.
SAFE = dict(line.split("=", 1) for line in LINES if not line.startswith("#"))


def take_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that the shell says about the site."""
    for name in variables_named(Env.model_fields):
        monkeypatch.delenv(name, raising=False)


def refusal() -> str:
    """The one line with which the start ends."""
    with pytest.raises(SystemExit) as caught:
        load_env()
    line = str(caught.value)
    assert "\n" not in line
    return line
