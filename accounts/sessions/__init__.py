"""Where a user is signed in: a list of it, and the end of each."""
