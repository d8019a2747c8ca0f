"""An audit that found the books to differ from the ledger; for staff."""

from collections.abc import Iterator

from billing.models import Audit
from runs.alert_models import Kind
from runs.alerts.finding import Finding

SHOWN = 5


def found() -> Iterator[Finding]:
    """The last audit, where it found anything. What is told of one is told of it alone."""
    audit = Audit.objects.first()
    if audit is None or not audit.differences:
        return
    yield Finding(
        kind=Kind.AUDIT,
        subject=str(audit.pk),
        starts_at=audit.at,
        data={
            "at": audit.at.isoformat(),
            "lines": audit.lines,
            "count": len(audit.differences),
            "differences": audit.differences[:SHOWN],
        },
    )
