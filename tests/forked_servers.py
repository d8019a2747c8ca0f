"""The benchmarks' servers, whose sites' processes begin with the libraries loaded."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bench.servers import Servers
from tests.forkserver.client import ADDRESS, Forked, Process


@contextmanager
def forked_processes() -> Iterator[None]:
    """Meanwhile `Servers.spawn` asks the fork server, where there is one."""
    with pytest.MonkeyPatch.context() as patch:
        if ADDRESS in os.environ:
            patch.setattr(Servers, "spawn", _fork)
        yield


def _fork(self: Servers, name: str, flag: str, module: str, *arguments: str, **env: str) -> Process:
    assert flag == "-m"
    log = self.folder / f"{name}.log"
    child = Forked(module, arguments, log=log, env={**self.env, **env})
    self._children.append(child)  # type: ignore[arg-type]
    return child
