"""A provider's bill held against the ledger: read, matched and explained; doubts resolved by it."""
