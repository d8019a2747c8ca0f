"""The agent engine: patterns, tools and the LLM client. No Django and no database."""
