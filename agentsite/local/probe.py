"""Asks the site on this machine whether it is alive; as a program, for container health checks."""

import sys
import urllib.error
import urllib.request

from agentsite.env import Env, env
from agentsite.local.ports import LOOPBACK

TIMEOUT_S = 2
ANY = {"0.0.0.0": LOOPBACK, "::": "::1"}  # noqa: S104


def address(given: Env) -> str:
    """Where a browser on this machine finds the site."""
    host = ANY.get(given.host, given.host)
    return f"http://[{host}]:{given.port}" if ":" in host else f"http://{host}:{given.port}"


def is_alive(given: Env) -> bool:
    """True when the site answers, even if it takes no requests for this host name."""
    try:
        with urllib.request.urlopen(f"{address(given)}/healthz", timeout=TIMEOUT_S):  # noqa: S310
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(not is_alive(env()))
