"""The REST API of budgets, and of the caller's account."""
