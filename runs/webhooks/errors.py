"""What can be wrong with a request about a webhook."""

from collections.abc import Mapping

from web.errors import Problem


class InvalidWebhook(Problem):
    """A field's value can't be used."""


class WebhookNotAllowed(Problem):
    """Its user may not have one."""

    status = 403
    code = "permission_denied"


class TooManyWebhooks(Problem):
    """This user has as many as there may be."""

    status = 409
    code = "conflict"


class WebhookOff(Problem):
    """It is switched off, and sends nothing."""

    status = 409
    code = "conflict"


class NothingSigned(Problem):
    """It has no secret of ours: its receiver is known by its address."""

    status = 409
    code = "conflict"


class TooManyTests(Problem):
    """Its receiver is tested too often."""

    status = 429
    code = "rate_limited"

    @property
    def headers(self) -> Mapping[str, str]:
        """When the next test may come, at the latest."""
        return {"Retry-After": "60"}
