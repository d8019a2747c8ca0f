"""Users, their API tokens, sign-in and rate limits."""
