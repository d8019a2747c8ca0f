"""Money in the admin: prices and budgets can be set; what was held and charged is only read."""

import billing.admin.books
import billing.admin.budgets
import billing.admin.ledger
import billing.admin.prices  # noqa: F401 - they register themselves
