"""Celery tasks about money."""

import logging

from celery import shared_task

from billing.selectors.audit import ledger_differences

logger = logging.getLogger(__name__)


@shared_task(name="billing.audit_ledger")
def audit_ledger() -> None:
    """Log every disagreement of the books as an error."""
    for difference in ledger_differences():
        logger.error("the books disagree", extra={"difference": str(difference)})
