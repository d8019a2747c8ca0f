"""Mails about alerts. All that is due for one person is one mail.

A mail is claimed before it is sent, and the claim is a lease. A worker that dies after the mail
server took the mail, and before that is recorded, is the one case in which a mail comes twice.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import F
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import User
from billing.statements import Row, Statement, run
from runs.alert_models import AlertNotice, MailStatus
from runs.alerts.presenter import NoticeRow, notice_rows
from runs.webhooks.schedule import pause_after

# Alerts within so long of a person's last mail wait, and are one mail.
TOGETHER = timedelta(minutes=10)
# Longer than a mail server is waited for.
LEASE = timedelta(minutes=5)
# Mails that one task sends; the next one follows within a minute.
MOST = 100
# So many failures in a row are the server's: the others are left for the next task.
MOST_REFUSED = 3
# Alerts in one mail; the others are counted in it, and are on the page.
SHOWN = 20
MAX_ERROR = 300

# The person whose mail has been due for longest, and all that is due for that person. What is the
# site's goes to nobody who isn't staff any more.
CLAIM = """
    WITH next AS (
        SELECT n.recipient_id, u.is_staff FROM runs_alertnotice n
        JOIN accounts_user u ON u.id = n.recipient_id AND u.is_active
        JOIN runs_alert a ON a.id = n.alert_id AND (a.owner_id IS NOT NULL OR u.is_staff)
        WHERE n.mail IN ('waiting', 'sending') AND n.due_at <= statement_timestamp()
            AND (n.urgent OR n.tries > 0 OR NOT EXISTS (
                SELECT 1 FROM runs_alertnotice s WHERE s.recipient_id = n.recipient_id
                    AND s.mailed_at > statement_timestamp() - %s::interval
            ))
        ORDER BY n.due_at LIMIT 1 FOR UPDATE OF n SKIP LOCKED
    ), due AS (
        SELECT n.id FROM runs_alertnotice n JOIN next ON next.recipient_id = n.recipient_id
        JOIN runs_alert a ON a.id = n.alert_id AND (a.owner_id IS NOT NULL OR next.is_staff)
        WHERE n.mail IN ('waiting', 'sending') AND n.due_at <= statement_timestamp()
        FOR UPDATE OF n SKIP LOCKED
    )
    UPDATE runs_alertnotice n SET
        mail = 'sending', claims = n.claims + 1, due_at = statement_timestamp() + %s::interval
    FROM due WHERE due.id = n.id RETURNING n.id, n.claims
"""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Claimed:
    """The notices of one person that are this worker's, each with the claim that says so."""

    notices: Sequence[AlertNotice]

    @property
    def recipient(self) -> User:
        """Whose they are."""
        return self.notices[0].recipient


def send_mails() -> int:
    """Send what is due; returns how many mails the server took. Ends where it takes none."""
    sent, refused = 0, 0
    while sent < MOST and refused < MOST_REFUSED and (claimed := claim()):
        error = _send(claimed)
        record(claimed, error)
        sent, refused = (sent, refused + 1) if error else (sent + 1, 0)
    return sent


def claim() -> Claimed | None:
    """Take the notices of one person that are due; None where none are."""
    claiming: Statement[dict[UUID, int]] = Statement(CLAIM, (TOGETHER, LEASE), _pairs)
    claims = run(claiming)
    found = AlertNotice.objects.select_related("alert", "recipient").filter(pk__in=claims)
    mine = [notice for notice in found.order_by("-id") if notice.claims == claims[notice.pk]]
    return Claimed(mine) if mine else None


def _pairs(rows: Sequence[Row]) -> dict[UUID, int]:
    return {row[0]: row[1] for row in rows}


def record(claimed: Claimed, error: str) -> None:
    """Keep what came of a mail; without an error it was sent. Nothing where the lease was lost."""
    for notice in claimed.notices:
        own = AlertNotice.objects.filter(
            pk=notice.pk, claims=notice.claims, mail=MailStatus.SENDING
        )
        pause_s = pause_after(notice.tries + 1) if error else None
        outcome: dict[str, Any] = {"mail": MailStatus.SENT, "mailed_at": Now(), "error": ""}
        if error:
            outcome = {"mail": MailStatus.FAILED, "error": error[:MAX_ERROR]}
        if pause_s is not None:
            outcome |= {"mail": MailStatus.WAITING, "due_at": Now() + timedelta(seconds=pause_s)}
        own.update(tries=F("tries") + 1, **outcome)


def _send(claimed: Claimed) -> str:
    """Send one mail; returns what went wrong."""
    try:
        mail_of(claimed.recipient, notice_rows(claimed.notices)).send()
    except Exception as failed:  # whatever it is, it must not keep the mails of others
        logger.exception("mail not sent: alerts")
        return f"{type(failed).__name__}: {failed}"
    return ""


def mail_of(recipient: User, rows: Sequence[NoticeRow]) -> EmailMultiAlternatives:
    """One mail about these alerts, newest first, as text and as HTML."""
    site = settings.PUBLIC_URL
    of_site = recipient.is_staff and all(row.alert.owner_id is None for row in rows)
    page = reverse("runs:site-alerts" if of_site else "runs:alerts")
    context = {
        "recipient": recipient,
        "rows": rows[:SHOWN],
        "more": max(0, len(rows) - SHOWN),
        "site": site,
        "page": site + page if site else "",
    }
    subject = rows[0].words.title if len(rows) == 1 else f"{len(rows)} alerts"
    headers = {"Auto-Submitted": "auto-generated"}
    if site:
        headers["List-Unsubscribe"] = f"<{site}{page}>"
    mail = EmailMultiAlternatives(
        settings.ACCOUNT_EMAIL_SUBJECT_PREFIX + " ".join(subject.split()),
        render_to_string("runs/alerts/email/alerts_message.txt", context).strip(),
        None,
        [recipient.email],
        headers=headers,
    )
    mail.attach_alternative(render_to_string("runs/alerts/email/alerts.html", context), "text/html")
    return mail
