"""The composer's form: what it offers, and what it asks for."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms

from accounts.models import User
from runs.engine.pattern import AnyPattern
from runs.engine.registry import PATTERNS
from runs.errors import NoSuchRun
from runs.forms.composer_fields import ComposerFields
from runs.forms.params import ParamsForm
from runs.forms.prompts import StepsForm, goals_of, steps_forms, written
from runs.selectors.tools import own_tools, server_labels, servers_tools
from runs.services import Submission
from runs.services.auto import AUTO
from runs.services.fork import kept_of, same_as_source
from runs.states import CacheMode, WhenOutOfMoney
from runs.submission import Fork

ADVANCED = (
    *("when_out_of_money", "reasoning_effort", "verbosity", "cache"),
    *("prompt_set", "custom_instructions", "goals", "answer_schema"),
)


def base_of(user: User, given: Mapping[str, str]) -> Submission | None:
    """What an address or a form goes on from (`fork`, `step`), or runs again (`from`).

    Of a run to repeat, the form has all but its roles and its labels. Raises `NoSuchRun`.
    """
    named = given.get("fork") or given.get("from")
    if not named:
        return None
    try:
        fork = Fork(UUID(named), given.get("step", ""))
    except ValueError as error:
        raise NoSuchRun("There is no such run.") from error
    return same_as_source(user, fork) if given.get("fork") else kept_of(user, fork.run)


def _schema(text: str) -> dict[str, Any] | None:
    """The schema that a text of JSON has; None where there is none."""
    return json.loads(text) if text else None


class ComposerForm(ComposerFields):
    """A task and how to run it. Submitting the same form twice gives the same run."""

    def __init__(
        self,
        data: Any = None,
        *,
        initial: dict[str, Any] | None = None,
        base: Submission | None = None,
    ) -> None:
        self.base = base or Submission(task="")
        own, theirs = own_tools(), servers_tools()
        self._servers = {name: kept.server for name, kept in theirs.items()}
        filled = {
            "pattern": next(iter(PATTERNS)),
            "model": AUTO,
            "tools": list(own),
            "cache": CacheMode.USE,
            "when_out_of_money": WhenOutOfMoney.CONCLUDE,
            "idempotency_key": str(uuid.uuid4()),
            **(initial or {}),
        }
        super().__init__(data, initial=filled)
        self.choices_of("pattern", [(p.key, p.label) for p in self.patterns.values()])
        labels = [(name, tool.label) for name, tool in own.items()]
        labels += [(name, kept.label) for name, kept in theirs.items()]
        self.choices_of("tools", labels)
        params = filled.get("params", {})
        self.params_forms = {
            key: ParamsForm(pattern, data, initial=params if key == filled["pattern"] else None)
            for key, pattern in PATTERNS.items()
        }
        self.steps_forms = steps_forms(
            PATTERNS, data, str(self["pattern"].value()), filled.get("prompts")
        )

    @property
    def patterns(self) -> dict[str, AnyPattern]:
        """The patterns to choose from; a fork keeps its source's."""
        only = self.base.fork and self.base.pattern
        return {key: pattern for key, pattern in PATTERNS.items() if not only or key == only}

    def choices_of(self, name: str, choices: list[tuple[str, str]]) -> None:
        """Offer these choices in a field."""
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = choices

    @property
    def opens_advanced(self) -> bool:
        """True where something under Advanced is wrong, or is what this run is about."""
        parts = (self.chosen_params, self.chosen_steps)
        wrong = any(part is not None and part.errors for part in parts)
        return wrong or self.uses_servers or any(name in self.errors for name in ADVANCED)

    @property
    def own_tools(self) -> list[Any]:
        """The checkboxes of the site's own tools."""
        return [box for box in self["tools"] if box.data["value"] not in self._servers]

    @property
    def tools_by_server(self) -> dict[str, list[Any]]:
        """The checkboxes of the tools of each MCP server, by what it is called."""
        found: dict[str, list[Any]] = {}
        labels = server_labels() if self._servers else {}
        for box in self["tools"]:
            if server := self._servers.get(box.data["value"]):
                found.setdefault(labels.get(server, server), []).append(box)
        return found

    @property
    def uses_servers(self) -> bool:
        """True where a tool of a server is chosen."""
        return any(name in self._servers for name in self["tools"].value() or ())

    @property
    def chosen_params(self) -> ParamsForm | None:
        """The parameters of the chosen pattern."""
        return self.params_forms.get(str(self["pattern"].value()))

    @property
    def chosen_steps(self) -> StepsForm | None:
        """The prompts of the chosen pattern's steps."""
        return self.steps_forms.get(str(self["pattern"].value()))

    def is_valid(self) -> bool:
        """True when this form, the parameters and the prompts of the chosen pattern are good."""
        chosen = (self.chosen_params, self.chosen_steps)
        good = [form is not None and form.is_valid() for form in chosen]
        return super().is_valid() and all(good)

    def submission(self) -> Submission:
        """What the form asks for; what it has no field for is as in its base.

        Only after `is_valid()`.
        """
        cleaned = self.cleaned_data
        pattern = PATTERNS[cleaned["pattern"]]
        params = self.params_forms[pattern.key].params()
        return replace(
            self.base,
            task=cleaned["task"],
            pattern=pattern.key,
            model=cleaned["model"],
            params=params,
            tools=tuple(cleaned["tools"]),
            max_cost_usd=cleaned["max_cost_usd"],
            when_out_of_money=cleaned["when_out_of_money"] or WhenOutOfMoney.CONCLUDE,
            cache=cleaned["cache"] or CacheMode.USE,
            custom_instructions=cleaned["custom_instructions"].replace("\r\n", "\n"),
            reasoning_effort=cleaned["reasoning_effort"],
            verbosity=cleaned["verbosity"],
            goals=goals_of(cleaned["goals"]),
            prompts=self.steps_forms[pattern.key].prompts,
            prompt_set=cleaned["prompt_set"],
            answer_schema=_schema(cleaned["answer_schema"]),
        )

    def asked(self) -> Submission | None:
        """What the form would ask for as it stands; None while that can't be submitted."""
        if self.is_bound:
            return self.submission() if self.is_valid() else None
        filled = self.initial
        if not filled.get("task"):
            return None
        return replace(
            self.base,
            task=filled["task"],
            pattern=filled["pattern"],
            model=filled["model"],
            params=filled.get("params", {}),
            tools=tuple(filled["tools"]),
            max_cost_usd=Decimal(cap) if (cap := filled.get("max_cost_usd")) else None,
            when_out_of_money=filled["when_out_of_money"],
            cache=filled["cache"],
            custom_instructions=filled.get("custom_instructions", ""),
            reasoning_effort=filled.get("reasoning_effort", ""),
            verbosity=filled.get("verbosity", ""),
            goals=tuple(filled.get("goals", ())),
            prompts=filled.get("prompts", {}),
            prompt_set=filled.get("prompt_set", ""),
            answer_schema=_schema(filled.get("answer_schema", "")),
        )

    def prompts_asked(self) -> Submission:
        """What the form as it stands says about prompts, checked or not."""
        steps = self.chosen_steps
        return Submission(
            task=written(self["task"].value() or ""),
            pattern=str(self["pattern"].value()),
            custom_instructions=written(self["custom_instructions"].value() or "").strip(),
            goals=goals_of(self["goals"].value() or ""),
            prompts=steps.prompts if steps else {},
            prompt_set=self["prompt_set"].value() or "",
        )

    def refuse(self, message: str, field: str | None) -> None:
        """Show what a service refused, under the field at fault where the form has it."""
        name = (field or "").removeprefix("params.")
        chosen = self.chosen_params
        if field in self.fields:
            self.add_error(field, message)
        elif chosen is not None and name in chosen.fields:
            chosen.add_error(name, message)
        else:
            self.add_error(None, message)
