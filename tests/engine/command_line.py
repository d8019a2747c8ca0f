"""The engine as a program."""

import os
import subprocess
import sys

from tests.simulator.process import ROOT


def engine(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "runs.engine", *arguments],
        capture_output=True,
        text=True,
        timeout=200,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
    )
