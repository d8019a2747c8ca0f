"""The patterns there are, by key, in the order in which they are offered."""

from collections import ChainMap
from typing import TypeVar

from runs.engine import plugins
from runs.engine.form import FORM
from runs.engine.pattern import AnyPattern, Pattern, StopReason
from runs.engine.patterns.lats import LATS
from runs.engine.patterns.llm_compiler import LLMCompiler
from runs.engine.patterns.plain import Plain
from runs.engine.patterns.plan_and_solve import PlanAndSolve
from runs.engine.patterns.react import ReAct
from runs.engine.patterns.reflection import Reflection
from runs.engine.patterns.reflexion import Reflexion
from runs.engine.patterns.rewoo import ReWOO
from runs.engine.patterns.self_discovery import SelfDiscovery
from runs.engine.patterns.storm import Storm
from runs.engine.prompts import problems
from runs.engine.step import Step

PATTERNS: dict[str, AnyPattern] = {}
# What runs where a model is asked by its own name. Nobody has to choose it.
UNOFFERED: dict[str, AnyPattern] = {Plain.key: Plain}
# Of runs, whatever is offered.
KNOWN = ChainMap(PATTERNS, UNOFFERED)

P = TypeVar("P", bound=AnyPattern)


def register(pattern: P) -> P:
    """Offer a pattern. Raises ValueError when its declaration contradicts itself."""
    steps = [step.key for step in pattern.steps]
    prompts = {step.key: {"system": step.system, "user": step.user} for step in pattern.steps}
    faults = [str(fault) for fault in problems(pattern.label, pattern.steps, prompts)]
    if pattern.key in KNOWN:
        faults.append(f"There is a pattern “{pattern.key}” already.")
    if len(set(steps)) < len(steps):
        faults.append("Two of its steps have the same key.")
    if any(FORM.is_at(step.key) for step in pattern.steps):
        faults.append(f"No step may be called “{FORM.key}”.")
    if pattern.closing not in pattern.steps:
        faults.append("Its closing step is none of its steps.")
    if faults:
        raise ValueError(f"{pattern.__name__}: {' '.join(faults)}")
    PATTERNS[pattern.key] = pattern
    return pattern


register(ReAct)
register(Reflection)
register(PlanAndSolve)
register(Reflexion)
register(LLMCompiler)
register(ReWOO)
register(LATS)
register(SelfDiscovery)
register(Storm)
for source, plugin in plugins.found(plugins.PATTERNS):
    if not (isinstance(plugin, type) and issubclass(plugin, Pattern)):
        raise TypeError(f"{source} is no Pattern.")
    register(plugin)


def pattern_of(call_key: str) -> AnyPattern | None:
    """The pattern that made a call with this key; None where this site no longer has it."""
    return KNOWN.get(call_key.partition("/")[0])


def step_of(call_key: str) -> Step | None:
    """The step of which a call with this key was one."""
    pattern = pattern_of(call_key)
    return pattern.step_of(call_key) if pattern else None


def artifact_icon(call_key: str, kind: str) -> str:
    """The icon of a kind of artifact that a call with this key made."""
    pattern = pattern_of(call_key)
    known = {made.kind: made.icon for made in pattern.artifacts} if pattern else {}
    return known.get(kind, "list")


def stop_reason(pattern_key: str, code: str) -> StopReason | None:
    """What a pattern says of one of its own stop reasons."""
    pattern = KNOWN.get(pattern_key)
    reasons = pattern.stop_reasons if pattern else ()
    return next((reason for reason in reasons if reason.code == code), None)
