"""Celery tasks about money."""

import logging

from celery import shared_task

from billing.models.tally import fold_spend_tally
from billing.services import record_audit

logger = logging.getLogger(__name__)


@shared_task(name="billing.audit_ledger")
def audit_ledger() -> None:
    """Keep the result of an audit, and log every disagreement of the books as an error."""
    for difference in record_audit():
        logger.error("the books disagree", extra={"difference": str(difference)})


@shared_task(name="billing.fold_tally")
def fold() -> None:
    """Keep the sums of spend a day short."""
    fold_spend_tally()
