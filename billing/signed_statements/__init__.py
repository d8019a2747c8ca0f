"""A user's month that proves itself: its ledger lines, chained by hashes and signed."""
