"""Asks the site on this machine whether it is alive; as a program, for container health checks."""

import sys
import urllib.error
import urllib.request

from agentsite.env import Env, env

TIMEOUT_S = 2


def is_alive(given: Env) -> bool:
    """True when the site answers, even if it takes no requests for this host name."""
    try:
        with urllib.request.urlopen(f"{given.local_url}/healthz", timeout=TIMEOUT_S):  # noqa: S310
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(not is_alive(env()))
