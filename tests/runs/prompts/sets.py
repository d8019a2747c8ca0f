"""Prompt sets for tests."""

from typing import Any

from accounts.models import User
from runs.models.prompt_sets import PromptSetVersion
from runs.prompt_texts import PromptTexts
from runs.services.prompt_sets import create_prompt_set

POET = {"generate": {"system": "You are a poet."}}


def prompt_set(
    owner: User, name: str = "poet", pattern: str = "reflection", **texts: Any
) -> PromptSetVersion:
    """The first version of a set for Reflection whose first step is a poet."""
    said = {"custom_instructions": "In French.", "goals": ("short",), "prompts": POET} | texts
    return create_prompt_set(owner=owner, name=name, pattern=pattern, texts=PromptTexts(**said))
