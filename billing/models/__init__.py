"""Prices, budgets, holds, the append-only ledger and its sums.

Money is numeric(20,12) US dollars; unit prices are dollars per million tokens with six
decimals, so that tokens x price is exact. Holds, ledger and rollups are written by the SQL
functions in `billing/sql`; the ORM reads them.
"""

from billing.models.audits import Audit
from billing.models.budgets import Budget, BudgetWindow
from billing.models.fields import money_field, unit_price_field
from billing.models.holds import Hold
from billing.models.ledger import Confidence, LedgerEntry
from billing.models.prices import ModelPrice
from billing.models.reconciliations import ReconciledBucket, Reconciliation
from billing.models.rollups import RunRollup, UsageRollup
from billing.models.safety import ModelSafety
from billing.models.tally import SpendTally

__all__ = [
    "Audit",
    "Budget",
    "BudgetWindow",
    "Confidence",
    "Hold",
    "LedgerEntry",
    "ModelPrice",
    "ModelSafety",
    "ReconciledBucket",
    "Reconciliation",
    "RunRollup",
    "SpendTally",
    "UsageRollup",
    "money_field",
    "unit_price_field",
]
