"""What is done now and then: users are told which webhooks were switched off."""

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse

from runs.webhook_models import Webhook

MOST_MAILS = 100

logger = logging.getLogger(__name__)


def tell_of_switched_off() -> None:
    """Mail to users whose webhooks were switched off, where the site sends mails.

    The page says it in any case. A mail that can't be sent is tried again.
    """
    for webhook in Webhook.objects.off_and_untold()[:MOST_MAILS]:
        if not settings.SENDS_MAIL or _mailed(webhook):
            Webhook.objects.filter(pk=webhook.pk, off_at=webhook.off_at).update(off_told=True)


def _mailed(webhook: Webhook) -> bool:
    path = reverse("runs:webhook", args=[webhook.pk])
    context = {
        "webhook": webhook,
        "reason": Webhook.OffReason(webhook.off_reason).label,
        "link": settings.PUBLIC_URL + path if settings.PUBLIC_URL else "",
    }
    subject = render_to_string("runs/webhooks/email/off_subject.txt", context).strip()
    body = render_to_string("runs/webhooks/email/off_message.txt", context).strip()
    try:
        send_mail(
            settings.ACCOUNT_EMAIL_SUBJECT_PREFIX + subject, body, None, [webhook.owner.email]
        )
    except (OSError, SMTPException):
        logger.exception("mail not sent: a webhook was switched off")
        return False
    return True
