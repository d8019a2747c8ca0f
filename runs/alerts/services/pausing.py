"""A token that was paused is let in again, by its owner."""

import logging

from django.db import transaction

from accounts.audit.record import record
from accounts.audit_models import Action
from accounts.models import ApiToken
from runs.alert_models import TokenGuard

logger = logging.getLogger(__name__)


@transaction.atomic
def resume_token(*, token: ApiToken) -> bool:
    """Let a token submit again; false where it wasn't paused.

    Its spend in the present hour is known by now: it is judged again from the next hour on.
    """
    resumed = TokenGuard.objects.paused().filter(pk=token.pk).update(paused_at=None)
    if resumed:
        record(Action.TOKEN_RESUMED, user_id=token.user_id, about=token)
        logger.info("token %s of user %s resumed", token.pk, token.user_id)
    return bool(resumed)
