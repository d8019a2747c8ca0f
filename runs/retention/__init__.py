"""Deletion by age: steps, events, answers and tasks go, and the ledger stays."""
