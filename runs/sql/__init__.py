"""The SQL functions of a run's life; `billing.sql` loads them."""
