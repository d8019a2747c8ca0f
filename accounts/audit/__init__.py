"""The audit log: acts are recorded in their own transactions, and read by staff and by oneself."""
