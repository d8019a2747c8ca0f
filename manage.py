#!/usr/bin/env python
"""Django's command line."""

import sys

from agentsite.console import run

if __name__ == "__main__":
    run(sys.argv)
