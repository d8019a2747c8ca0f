"""Rules of CONTRIBUTING that neither types nor import contracts can hold: read from the source."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from runs.engine.registry import PATTERNS

ROOT = Path(__file__).resolve().parents[1]
# A pattern's words are its own; these are the default of a submit, a role, and an icon.
WORDS_OF_PATTERNS_MAY_BE_IN = {
    # Each example has a pattern that suits it.
    "runs/presenters/examples.py": {"react", "rewoo", "reflection"},
    "agentsite/server/protocol.py": {"close"},  # of the header Connection
    "agentsite/reference/example_values.py": {"generate", "react", "reflection", "think"},
    "runs/submission.py": {"react"},
    "runs/engine/roles.py": {"reflection"},
    "runs/engine/step.py": {"think"},
    "runs/markdown/sanitiser.py": {"section"},  # of HTML
    "runs/webhooks/slack.py": {"section"},  # of Slack’s blocks
    "runs/presenters/artifacts/box.py": {"graph"},  # of how it is laid out
    "runs/presenters/steps.py": {"think"},
}
APPS = ("accounts", "agentsite", "billing", "runs", "web")
# Who sees a run or a prompt set is said in its query set; staff's pages read everyone's.
OWNERS_MAY_BE_NAMED_IN = {
    "runs/alert_models.py",
    "runs/forecast_models.py",
    "runs/models/prompt_sets.py",
    "runs/models/owner_tally.py",
    "runs/models/run.py",
    "runs/webhook_models.py",
}
LOOKUPS = {"filter", "get", "exclude", "get_or_create", "aggregate"}


def sources(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    """The modules of some packages by their path, without migrations."""
    for folder in folders:
        yield from parsed(folder)


@cache
def parsed(folder: str) -> list[tuple[str, ast.Module]]:
    """The modules of one package; read once for all rules."""
    return [
        (str(file.relative_to(ROOT)), ast.parse(file.read_text()))
        for file in sorted((ROOT / folder).rglob("*.py"))
        if "migrations" not in file.parts
    ]


def is_presenter(path: str) -> bool:
    return "/presenters" in path or path.endswith("presenter.py")


def calls(tree: ast.Module) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def owner_lookups(tree: ast.Module) -> list[int]:
    """Lines that choose rows by their owner; a join to the owner's own row is none."""
    return [
        node.lineno
        for node in calls(tree)
        if isinstance(node.func, ast.Attribute) and node.func.attr in LOOKUPS
        for keyword in node.keywords
        if (keyword.arg or "").split("__")[0] in ("owner", "owner_id")
        and not (
            isinstance(keyword.value, ast.Call) and ast.unparse(keyword.value.func) == "OuterRef"
        )
    ]


def reverse_lookups(tree: ast.Module) -> list[int]:
    """Lines that read a user's runs past the rule, as `user.runs.filter(…)`."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "runs"
        and isinstance(node.value.value, ast.Name)
        and node.value.value.id in ("user", "owner", "reader")
    ]


@pytest.mark.parametrize("find", [owner_lookups, reverse_lookups])
def test_only_visible_to_says_who_sees_a_run(find) -> None:
    found = {
        path: find(tree) for path, tree in sources("runs") if path not in OWNERS_MAY_BE_NAMED_IN
    }

    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("Run.objects.filter(owner=user)", 1),
        ("Run.objects.filter(pk=1).get(owner_id=user.pk)", 1),
        ("Run.objects.filter(owner__email=name)", 1),
    ],
)
def test_the_rule_sees_what_it_forbids(code: str, line: int) -> None:
    assert owner_lookups(ast.parse(code)) == [line]
    assert owner_lookups(ast.parse("Run.objects.filter(owner=OuterRef('pk'))")) == []
    assert reverse_lookups(ast.parse("user.runs.filter(pk=1)")) == [1]


def database_imports(tree: ast.Module) -> list[str]:
    """What a module imports that asks a database: Django's ORM, or functions of selectors."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found += [
                f"{node.module}.{alias.name}"
                for alias in node.names
                if node.module.startswith(("django.db", "psycopg"))
                or ("selectors" in node.module.split(".") and not alias.name[0].isupper())
            ]
        elif isinstance(node, ast.Import):
            found += [a.name for a in node.names if a.name.startswith(("django.db", "psycopg"))]
    return found


def managers(tree: ast.Module) -> list[str]:
    """The managers that a module reads from."""
    return [
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "objects"
    ]


def test_presenters_put_into_words_and_ask_no_database() -> None:
    presenters = {path: tree for path, tree in sources(*APPS) if is_presenter(path)}
    assert len(presenters) > 8

    asked = {path: database_imports(tree) + managers(tree) for path, tree in presenters.items()}

    assert {path: names for path, names in asked.items() if names} == {}


def says_who_asks(tree: ast.Module) -> list[int]:
    """Lines that read the user or the token off a request."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in ("user", "auth")
        and ast.unparse(node.value) in ("request", "self.request")
    ]


def test_only_caller_says_who_asks() -> None:
    found = {
        path: says_who_asks(tree) for path, tree in sources(*APPS) if path != "accounts/caller.py"
    }

    assert {path: lines for path, lines in found.items() if lines} == {}


def words_of_patterns() -> set[str]:
    """The keys of patterns and of their steps, and the kinds of what they make."""
    return {
        word
        for pattern in PATTERNS.values()
        for word in (
            pattern.key,
            *(step.key for step in pattern.steps),
            *(made.kind for made in pattern.artifacts),
        )
    }


def strings(tree: ast.Module) -> set[str]:
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_only_a_pattern_and_its_script_know_its_words() -> None:
    words = words_of_patterns()
    assert {"react", "reflection", "refine", "critique"} <= words

    known = {
        path: (strings(tree) & words) - WORDS_OF_PATTERNS_MAY_BE_IN.get(path, set())
        for path, tree in sources(*APPS)
        if "/patterns/" not in path
    }

    assert {path: found for path, found in known.items() if found} == {}
