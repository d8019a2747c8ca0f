"""``python -m tests.forkserver.example [SECONDS]``: says what it is and what is loaded."""

import atexit
import json
import os
import signal
import sys
import time

atexit.register(print, "at exit", flush=True)
said = {
    "name": __name__,
    "arguments": sys.argv[1:],
    "environment": dict(os.environ),
    "input": sys.stdin.read(),
    "own_session": os.getsid(0) == os.getpid(),
    "pipes": [fd for fd in os.listdir("/proc/self/fd") if int(fd) > 2],
    "ignored": signal.getsignal(signal.SIGCHLD) != signal.SIG_DFL,
    "loaded": sorted(sys.modules),
}
print(json.dumps(said), flush=True)
if sys.argv[1:]:
    time.sleep(float(sys.argv[1]))
sys.exit(7)
