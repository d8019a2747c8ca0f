"""What no submitted text may match."""

import sys

from agentsite.env import ROOT, env
from runs.denied import patterns_in

given = env()
DENIED_PATTERNS: tuple[str, ...] = ()
if given.denied_patterns is not None:
    try:
        lines = (ROOT / given.denied_patterns.expanduser()).read_text().splitlines()
        DENIED_PATTERNS = patterns_in(lines)
    except OSError as error:
        sys.exit(f"agentsite: DENIED_PATTERNS {given.denied_patterns}: {error.strerror}")
    except ValueError as error:
        sys.exit(f"agentsite: DENIED_PATTERNS {given.denied_patterns} {error}")
