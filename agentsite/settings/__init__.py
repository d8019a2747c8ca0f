"""Settings: `base` for all, then one module per environment."""
