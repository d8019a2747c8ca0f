"""Which programs make up the site, and how each is started and stopped."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from agentsite.env import Env
from agentsite.local.ports import LOOPBACK

WORKER_THREADS = 4
# Ctrl-C ends everything within ten seconds, unless WORKER_GRACE_S asks for more.
LOCAL_GRACE_S = 2.0
# After its grace a web process closes what is still open.
GOODBYE_S = 2.0
# After its grace a worker cuts what still runs and hands the runs back.
HAND_BACK_S = 5.0
QUIET_AS_ROOT = "ignore:You're running the worker with superuser privileges"


@dataclass(frozen=True)
class Program:
    """A command, what is special in its environment, and how long it may take to end."""

    name: str
    arguments: tuple[str, ...]
    stop_s: float
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def argv(self) -> list[str]:
        """The whole command, run by this Python."""
        return [sys.executable, *self.arguments]


def simulator(env: Env, port: int) -> Program:
    """The provider that answers without a key; its bill outlives it."""
    models = [*env.openai_models, *env.model_prices]
    known = [argument for name in models for argument in ("--model", name)]
    ledger = str(env.data_dir / "simulator" / "ledger.jsonl")
    arguments = ("-m", "agentsite.simulator", "--host", LOOPBACK, "--port", str(port))
    options = ("--quiet", "--ledger", ledger)
    return Program("simulator", (*arguments, *options, *known), stop_s=1.0)


def web(env: Env) -> Program:
    """Pages, API and WebSockets."""
    address = ("-b", env.host, "-p", str(env.port))
    grace = env.web_grace_s if "web_grace_s" in env.model_fields_set else LOCAL_GRACE_S
    return Program(
        "web",
        ("-m", "agentsite.server", *address, "agentsite.asgi:application"),
        stop_s=grace + GOODBYE_S,
        environment={"WEB_GRACE_S": str(grace)},
    )


def workers(env: Env) -> Iterator[Program]:
    """As many worker processes as asked for."""
    asked = "worker_grace_s" in env.model_fields_set
    grace = env.worker_grace_s if asked else LOCAL_GRACE_S
    environment = {"WORKER_GRACE_S": str(grace)}
    if os.geteuid() == 0:
        environment["PYTHONWARNINGS"] = QUIET_AS_ROOT
    for number in range(1, env.workers + 1):
        name = f"worker{number}" if env.workers > 1 else "worker"
        arguments = (
            *_celery("worker"),
            *("--pool", "threads", "--concurrency", str(WORKER_THREADS)),
            *("--hostname", f"{name}@%h"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        )
        yield Program(name, arguments, stop_s=grace + HAND_BACK_S, environment=environment)


def beat(env: Env) -> Program:
    """The clock of periodic tasks."""
    schedule = str(env.data_dir / "beat" / "schedule")
    return Program("beat", (*_celery("beat"), "--schedule", schedule, "--pidfile="), stop_s=2.0)


def folders(data_dir: Path) -> tuple[Path, ...]:
    """The folders that these programs expect."""
    return (
        data_dir,
        data_dir / "simulator",
        data_dir / "beat",
        data_dir / "logs",
        measures(data_dir),
    )


def measures(data_dir: Path) -> Path:
    """The folder in which the site's processes find what each of them measured."""
    return data_dir / "metrics"


def forget_measures(data_dir: Path) -> None:
    """Those of an earlier start: its processes' numbers may be given to others."""
    for file in measures(data_dir).glob("*.db"):
        file.unlink(missing_ok=True)


def _celery(command: str) -> tuple[str, ...]:
    return ("-m", "celery", "-q", "-A", "agentsite", command)
