"""``python -m tests.forkserver.code CODE``: what `python -c` does, for a process of the server."""

import sys

exec(sys.argv[1], {"__name__": "__main__"})
