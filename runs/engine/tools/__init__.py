"""The built-in tools and their fences."""
