"""The ledger as FOCUS 1.2, the FinOps Open Cost and Usage Specification."""
