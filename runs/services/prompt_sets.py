"""Keeping prompts under a name, and putting them into a submission that names them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from accounts.models import User
from runs.engine.registry import PATTERNS
from runs.errors import InvalidSubmission, NameTaken, UnknownPattern
from runs.models.prompt_sets import AT, MAX_NAME, MAX_NOTE, PromptSet, PromptSetVersion
from runs.prompt_texts import PromptTexts
from runs.selectors.prompt_sets import named_version
from runs.services.checks import check_prompts, check_sizes
from runs.submission import Submission

MAX_SETS = 500
MAX_VERSIONS = 1000


@dataclass(frozen=True, slots=True)
class WithPrompts:
    """A submission with all its texts, and the version of a set that some of them are from."""

    submission: Submission
    version: PromptSetVersion | None = None


def with_prompts(*, owner: User, submission: Submission) -> WithPrompts:
    """Put the texts of the set that a submission names under its own.

    Raises `InvalidSubmission` where the user has no such set, or it is for another pattern.
    """
    if not submission.prompt_set:
        return WithPrompts(submission)
    version = named_version(owner, submission.prompt_set)
    if version is None:
        said = f"You have no prompt set “{submission.prompt_set}”."
        raise InvalidSubmission(said, field="prompt_set")
    wanted = version.prompt_set.pattern
    if wanted not in ("", submission.pattern):
        said = f"The prompt set “{version.prompt_set.name}” is for the pattern “{wanted}”."
        raise InvalidSubmission(said, field="prompt_set")
    own = PromptTexts(submission.custom_instructions, submission.goals, submission.prompts)
    texts = own.on_top_of(version.texts)
    return WithPrompts(replace(submission, **_fields(texts)), version)


@transaction.atomic
def create_prompt_set(
    *, owner: User, name: str, pattern: str, texts: PromptTexts, note: str = ""
) -> PromptSetVersion:
    """Keep texts under a new name; the first version is number 1.

    Raises `InvalidSubmission`, `UnknownPattern`, and `NameTaken` for a name that is in use.
    """
    _check_name(name)
    _check(pattern, texts, note)
    mine = PromptSet.objects.visible_to(owner)
    if mine.count() >= MAX_SETS:
        said = f"A user keeps up to {MAX_SETS} prompt sets. Delete one first."
        raise InvalidSubmission(said, field="name")
    new = PromptSet(owner=owner, name=name, pattern=pattern, latest=0)
    try:
        with transaction.atomic():
            new.save(force_insert=True)
    except IntegrityError as error:
        raise NameTaken(f"You have a prompt set “{name}” already.", field="name") from error
    return _add(new, texts, note)


@transaction.atomic
def add_version(
    *, prompt_set: PromptSet, texts: PromptTexts, note: str = ""
) -> tuple[PromptSetVersion, bool]:
    """The newest version, with these texts, and whether it was made now: equal texts make none.

    Locks the set's row. Raises `InvalidSubmission`, and `PromptSet.DoesNotExist` where it was
    deleted meanwhile.
    """
    _check(prompt_set.pattern, texts, note)
    locked = PromptSet.objects.select_for_update().get(pk=prompt_set.pk)
    newest = locked.versions.get(number=locked.latest)
    if newest.texts == texts:
        return newest, False
    if locked.latest >= MAX_VERSIONS:
        said = f"A prompt set has up to {MAX_VERSIONS} versions. Make a new one."
        raise InvalidSubmission(said)
    return _add(locked, texts, note), True


def delete_prompt_set(*, prompt_set: PromptSet) -> None:
    """Take a set away with its versions. Runs keep the texts that they used."""
    prompt_set.delete()


def _add(prompt_set: PromptSet, texts: PromptTexts, note: str) -> PromptSetVersion:
    prompt_set.latest += 1
    fields = {**_fields(texts), "goals": list(texts.goals)}
    version = PromptSetVersion(prompt_set=prompt_set, number=prompt_set.latest, note=note, **fields)
    version.save(force_insert=True)
    prompt_set.changed_at = Now()
    prompt_set.save(update_fields=["latest", "changed_at"])
    prompt_set.refresh_from_db()
    version.refresh_from_db(fields=["created_at"])
    return version


def _fields(texts: PromptTexts) -> dict[str, Any]:
    return {
        "custom_instructions": texts.custom_instructions,
        "goals": texts.goals,
        "prompts": texts.prompts,
    }


def _check_name(name: str) -> None:
    good = name.strip() == name and name.isprintable() and AT not in name
    if not (good and 0 < len(name) <= MAX_NAME):
        said = f"A name has 1 to {MAX_NAME} characters in one line, and no {AT}."
        raise InvalidSubmission(said, field="name")


def _check(pattern: str, texts: PromptTexts, note: str) -> None:
    if len(note) > MAX_NOTE:
        raise InvalidSubmission(f"A note has at most {MAX_NOTE} characters.", field="note")
    check_sizes(_fields(texts))
    if pattern:
        _check_overrides(pattern, texts.prompts)
    elif texts.prompts:
        said = "Only a set for one pattern can replace the prompts of its steps."
        raise InvalidSubmission(said, field="prompts")


def _check_overrides(key: str, prompts: Mapping[str, Mapping[str, str]]) -> None:
    pattern = PATTERNS.get(key)
    if pattern is None:
        known = ", ".join(PATTERNS)
        raise UnknownPattern(f"Unknown pattern “{key}”. Known: {known}.", field="pattern")
    check_prompts(pattern, prompts)
