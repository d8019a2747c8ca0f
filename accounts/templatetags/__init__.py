"""Template filters of the account pages."""
