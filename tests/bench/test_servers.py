"""The benchmarks' servers leave nothing behind."""

import subprocess

import pytest

from bench import servers
from bench.servers import Servers


def test_what_was_started_ends_when_the_migration_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "START_TIMEOUT_S", 0.01)
    started = Servers()
    with pytest.raises(subprocess.TimeoutExpired), started:
        pass
    assert not started.folder.exists()
    assert started.postgres.child.poll() is not None
    assert started.redis.child.poll() is not None
