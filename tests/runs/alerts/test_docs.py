"""The page of alerts names all of them: those that people are told, and Prometheus' rules."""

from pathlib import Path

import yaml

from runs.alert_models import Kind

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "alerts.md").read_text()


def test_each_kind_has_its_meaning_and_remedy() -> None:
    kinds = [kind.value for kind in Kind if kind != Kind.TEST]
    assert [kind for kind in kinds if f"| `{kind}` |" not in PAGE] == []


def test_each_rule_of_prometheus_has_its_meaning_and_remedy() -> None:
    rules = yaml.safe_load((ROOT / "deploy" / "prometheus" / "rules.yml").read_text())
    names = [rule["alert"] for group in rules["groups"] for rule in group["rules"]]
    assert names
    assert [name for name in names if f"| `{name}`" not in PAGE] == []
