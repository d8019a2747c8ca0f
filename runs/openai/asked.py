"""What a request in OpenAI's shape asks for, and the submission that it becomes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from runs.api.submission import SubmissionSerializer
from runs.engine.patterns.plain import Plain
from runs.engine.registry import PATTERNS
from runs.openai.fields import InvalidField, UnsupportedField
from runs.openai.messages import Conversation
from runs.services.auto import AUTO
from runs.states import CacheMode
from runs.submission import Submission
from web.errors import Problem

# The official clients give up after 600 seconds: a run has concluded by then.
DEADLINE_S = 570
# What `agentsite` of a request may say, as a submit does.
EXTRAS = frozenset({"cache", "deadline_s", "max_cost_usd"})
EXTRAS_OF_PATTERNS = EXTRAS | {"goals", "params", "prompt_set", "prompts", "roles", "tools"}
# What changes nothing where it has this value; a pattern takes no other.
USUAL: dict[str, Collection[Any]] = {
    "temperature": (1,),
    "top_p": (1,),
    "presence_penalty": (0,),
    "frequency_penalty": (0,),
}
ONLY_PLAIN = "A pattern decides this itself; ask a model by its own name to set it."


class ModelNotFound(Problem):
    """There is neither such a pattern nor such a model."""

    status = 404
    code = "model_not_found"


@dataclass(frozen=True, slots=True)
class Target:
    """What a request's `model` names: a pattern and the model behind it, or a plain model."""

    pattern: str
    model: str

    @property
    def plain(self) -> bool:
        """True of a model by its own name."""
        return self.pattern == Plain.key


def target_of(name: str) -> Target:
    """A model's own id comes first, since it may have a colon in it. Raises `ModelNotFound`."""
    if name in settings.PROVIDER_MODELS or name == AUTO:
        return Target(Plain.key, name)
    pattern, colon, model = name.partition(":")
    known = model in settings.PROVIDER_MODELS or model == AUTO
    if pattern in PATTERNS and (known or not colon):
        return Target(pattern, model or AUTO)
    raise ModelNotFound(f"The model “{name}” does not exist here.", field="model")


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A checked request. `options` are parameters of the plain call, by the names that the request
    has for them in `names` where these are others.
    """

    model: str
    talk: Conversation
    options: Mapping[str, Any]
    names: Mapping[str, str] = field(default_factory=dict)
    schema: dict[str, Any] | None = None
    effort: str = ""
    verbosity: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    extras: Mapping[str, Any] = field(default_factory=dict)
    front: dict[str, Any] | None = None
    deadline_s: int | None = DEADLINE_S

    def submission(self) -> Submission:
        """What is to run. Raises `ModelNotFound`, `UnsupportedField`, `ValidationError`."""
        target = target_of(self.model)
        extras = self._extras(EXTRAS if target.plain else EXTRAS_OF_PATTERNS)
        own = self._plain() if target.plain else self._for_pattern()
        fields: dict[str, Any] = {
            "pattern": target.pattern,
            "model": target.model,
            "cache": CacheMode.OFF,
            "reasoning_effort": self.effort,
            "verbosity": self.verbosity,
            "metadata": dict(self.metadata),
            "answer_schema": self.schema,
        }
        if self.deadline_s:
            fields["deadline_s"] = self.deadline_s
        form = SubmissionSerializer(data={**fields, **extras, **own})
        form.is_valid(raise_exception=True)
        return form.submission(Submission(task="", front=self.front))

    def _extras(self, known: Collection[str]) -> dict[str, Any]:
        for name in self.extras:
            if name not in known:
                raise UnsupportedField("This is not supported here.", field=f"agentsite.{name}")
        return dict(self.extras)

    def _plain(self) -> dict[str, Any]:
        params = {"before": self.talk.before, "after": self.talk.after, **self.options}
        return {"task": self.talk.task, "params": params, "tools": []}

    def _for_pattern(self) -> dict[str, Any]:
        for name, value in self.options.items():
            if value not in USUAL.get(name, ()):
                raise UnsupportedField(ONLY_PLAIN, field=self.names.get(name, name))
        return {"task": self.talk.with_context, "custom_instructions": self.talk.instructions}


def sampling_number(value: Any, name: str) -> float | None:
    """A number; None where nothing is wished."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidField("This has to be a number.", field=name)
    return value
