"""The patterns: one module each, its prompts beside it."""
