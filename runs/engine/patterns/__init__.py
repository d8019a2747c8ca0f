"""The patterns: one module each, with its prompts."""
