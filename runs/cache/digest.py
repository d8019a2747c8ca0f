"""What makes two runs of a user equal: all that their answer depends on, as one digest."""

import hashlib
from dataclasses import asdict
from functools import cache
from pathlib import Path

import orjson
from django.conf import settings

from billing.providers import provider_of
from runs import engine
from runs.engine import plugins
from runs.engine.types import Spec
from runs.states import CacheMode
from runs.submission import Submission


def digest_for(submission: Submission, spec: Spec) -> str | None:
    """The digest of a run that is submitted; None where it has no part in the cache."""
    if submission.cache == CacheMode.OFF or submission.fork or not settings.RESULT_CACHE_S:
        return None
    return digest_of(spec)


def digest_of(spec: Spec) -> str:
    """The digest of what is asked for, of whom it is asked, and of the code that asks."""
    asked_of = [_pinned(model) for model in sorted(spec.models)]
    whole = (asdict(spec), asked_of, settings.SIMULATED, engine_version())
    return hashlib.sha256(orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _pinned(model: str) -> tuple[str, str, str]:
    provider = provider_of(model)
    return provider.name, provider.endpoint, provider.own_name(model)


@cache
def engine_version() -> str:
    """The digest of the engine's source: patterns, their prompts, the tools and what calls them.

    Of what packages bring, their versions count. A version of ours that is written by hand
    would one day be forgotten, and an old answer given.
    """
    folder = Path(engine.__file__).parent
    digest = hashlib.sha256("\n".join(plugins.versions()).encode())
    for file in sorted(folder.rglob("*.py")):
        digest.update(f"{file.relative_to(folder)}\n".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
