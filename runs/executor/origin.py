"""What a provider is told of whose calls it gets."""

from uuid import UUID

from django.utils.crypto import salted_hmac

from runs.engine.types import Origin

SALT = "runs.safety_identifier"


def origin_of(run_id: UUID, owner_id: int) -> Origin:
    """The same for all calls of a run.

    The prompts of one run begin alike. Those of two runs differ from their task on, and what stands
    before it is mostly shorter than what a provider caches; so the run is the key of the cache.
    The user's pseudonym stays the same as long as the site's secret key does, and leads back to
    nobody without it.
    """
    pseudonym = salted_hmac(SALT, str(owner_id), algorithm="sha256").hexdigest()
    return Origin(str(run_id), pseudonym)
