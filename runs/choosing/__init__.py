"""Help me choose: a few questions about a task, and the pattern that suits it."""
