"""Installing shows how far it is."""

import sys

import pytest

from agentsite.local.install import run_pip

LINES = "print('Collecting x\\n' * 45); print('Installing collected packages: x')"


def test_progress_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_pip([sys.executable, "-c", LINES])
    assert capsys.readouterr().out.splitlines() == [
        "  20 packages ...",
        "  40 packages ...",
        "  45 packages are here; unpacking ...",
    ]


def test_a_failure_is_told() -> None:
    assert not run_pip([sys.executable, "-c", "raise SystemExit(1)"])
