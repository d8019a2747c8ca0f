"""What code says in a process of its own, as it reads the settings of some environment."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.forkserver.client import Forked

SAFE = {"ENV_FILE": "deploy/checks.env", "ENVIRONMENT": "test"}


def said(code: str, **variables: str) -> tuple[int, str]:
    """The exit code and the output, errors included; what isn't said of a site is safe."""
    with TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        env = {**os.environ, **SAFE, **variables}
        child = Forked("tests.forkserver.code", [code], log=log, env=env)
        return child.wait(200), log.read_text().strip()
