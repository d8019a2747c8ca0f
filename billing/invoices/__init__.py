"""A user's month as an invoice: its sum is the ledger's, to the last digit."""
