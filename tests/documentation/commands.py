"""The commands in README and the handbook, and which test runs each."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "CONTRIBUTING.md", "docs/*.md")
BLOCK = re.compile(r"^( *)```(?:sh|bash)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
REMARK = re.compile(r"\s+# .*")
ASSIGNMENTS = re.compile(r"(export )?(\w+=\S*\s*)+")

CI = "every target of make that checks is run by .ci/run"
CONTAINERS = (
    "needs a container engine; tests/deploy/test_compose.py and test_kubernetes.py read the files"
)
# The beginning of a command, and the test that runs it, or why none does.
RUN_BY = {
    r"make up": "tests/agentsite/test_local_up.py",
    r"OPENAI_API_KEY=\S+ make up": "needs a key of OpenAI; tests/agentsite/test_env.py reads it",
    r"make (install-dev|check|format|test|test-browser|docs)\b": CI,
    r"\.ci/run": CI,
    r"LOAD_EMAILS=\S+ .*make load": "tests/flows/test_load.py",
    r"docker compose|kubectl|kustomize": CONTAINERS,
    r"curl .*https://api\.openai\.com": "needs an admin key of OpenAI",
    r"curl ": "tests/flows/test_documented_requests.py",
    r"TOKEN=\$\(\.venv/bin/python manage\.py create_token": "tests/accounts/test_create_token.py",
    r"(\.venv/bin/python -m )?agentsite submit": "tests/flows/test_command_line.py",
    r"agentsite export": "tests/flows/test_command_line.py",
    r"python manage\.py audit_ledger": "tests/billing/test_audit.py",
    r"python manage\.py export_run": "tests/runs/test_cassette.py",
    r"python -m runs\.engine .*--(save|fork)": "tests/engine/test_command_line.py",
    r"python -m runs\.engine --cassette": "tests/engine/cassette/",
    r"(\w+=\S+ )?python -m runs\.engine .*--provider": "tests/engine/test_command_line.py",
    r"DATABASE_URL=\S+ deploy/postgres/(back_up|restore)\.sh": "tests/deploy/test_backup.py",
    r"python manage\.py take_factors": "tests/accounts/mfa/test_unreadable.py",
    r"python manage\.py retain": "tests/runs/retention/test_passes.py",
    r"python manage\.py (export|delete)_user": "tests/runs/personal_data/",
    r"python manage\.py export_focus": "tests/billing/focus/test_focus.py",
    r"python -m agentsite\.verify": "tests/billing/signed_statements/test_statements.py",
    r"python manage\.py kill_switch": "tests/runs/kill_switch/",
    r"\.venv/bin/python manage\.py reconcile --from": "tests/runs/reconcile/test_fetching.py",
    r"\.venv/bin/python manage\.py reconcile \S+\.jsonl": "tests/runs/reconcile/test_reconcile.py",
    r"\.venv/bin/pip install": "asks for packages; .ci/run installs the same lock files",
    r"LOCK=\S+ docker compose build": CONTAINERS,
    r"claude mcp add": "another product's; tests/flows/test_mcp_server.py speaks to the address",
}


class Command(NamedTuple):
    """One command as it is typed, on one line, and the page that has it."""

    page: str
    text: str


def commands() -> Iterator[Command]:
    """All that stand in blocks of shell."""
    for pattern in PAGES:
        for path in sorted(ROOT.glob(pattern)):
            for _, block in BLOCK.findall(path.read_text()):
                for line in re.sub(r"\s*\\\n\s*", " ", block).splitlines():
                    text = REMARK.sub("", line).strip()
                    if text and not text.startswith("#") and not ASSIGNMENTS.fullmatch(text):
                        yield Command(str(path.relative_to(ROOT)), text)
