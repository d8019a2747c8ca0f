"""What a process and its children have used is read from Linux."""

import os
import subprocess
import sys

from bench.processes import cpu_seconds

BUSY = "import time\nwhile time.process_time() < 0.3: pass\n"


def test_children_count_living_and_ended() -> None:
    before_s = cpu_seconds(os.getpid())

    subprocess.run([sys.executable, "-c", BUSY], check=True)

    assert cpu_seconds(os.getpid()) - before_s >= 0.25
