"""A user's own prompts: kept in sets, and looked at before they are sent."""
