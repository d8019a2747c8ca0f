"""Template filters of the money pages."""
