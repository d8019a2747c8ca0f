"""Which site is meant, and with which token: options, else environment, else a file."""

import os
import tomllib
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agentsite.client import AgentsiteError

DEFAULT_URL = "http://127.0.0.1:8000"
URL, TOKEN = "AGENTSITE_URL", "AGENTSITE_TOKEN"


class NoTarget(AgentsiteError):
    """It isn't said which site is meant, or not in a way that can be read."""


@dataclass(frozen=True, slots=True)
class Target:
    """A site and a token for it."""

    url: str
    token: str


def config_file() -> Path:
    """Where the file is, whether it exists or not."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "agentsite" / "config.toml"


def target(options: Namespace) -> Target:
    """The site that is meant. Raises `NoTarget`."""
    kept = _kept()
    url = options.url or os.environ.get(URL) or kept.get("url") or DEFAULT_URL
    token = options.token or os.environ.get(TOKEN) or kept.get("token")
    if not token:
        raise NoTarget(f'no token: set {TOKEN}, or token = "…" in {config_file()}')
    if not str(url).startswith(("http://", "https://")):
        raise NoTarget(f"no address: {url} should begin with http:// or https://")
    return Target(str(url), str(token))


def _kept() -> dict[str, Any]:
    file = config_file()
    try:
        return tomllib.loads(file.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise NoTarget(f"{file}: {error}") from error
