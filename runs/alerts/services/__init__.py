"""What writes: telling of alerts, preferences, and pauses of tokens."""
