"""Prompt sets and their versions, by who may see them."""

from accounts.models import User
from runs.models.prompt_sets import AT, PromptSet, PromptSetVersion

MAX_NUMBER = 2**31 - 1


def prompt_sets_of(user: User) -> list[PromptSet]:
    """All sets of this user, by name."""
    return list(PromptSet.objects.visible_to(user))


def named_version(user: User, reference: str) -> PromptSetVersion | None:
    """The version that `name` (the newest one) or `name@number` means; None where there is none."""
    name, at, number = reference.partition(AT)
    if "\0" in name:
        return None
    if at and not (number.isascii() and number.isdigit() and len(number) < 10):
        return None
    found = PromptSet.objects.visible_to(user).filter(name=name).first()
    if found is None:
        return None
    return version_of(found, int(number) if at else found.latest)


def versions_of(prompt_set: PromptSet) -> list[PromptSetVersion]:
    """All versions of a set without their texts, newest first."""
    return list(prompt_set.versions.only("number", "note", "created_at"))


def version_of(prompt_set: PromptSet, number: int) -> PromptSetVersion | None:
    """One version of a set."""
    if number > MAX_NUMBER:
        return None
    return prompt_set.versions.select_related("prompt_set").filter(number=number).first()
