"""A user's data: all of it as a download, and the end of an account."""
