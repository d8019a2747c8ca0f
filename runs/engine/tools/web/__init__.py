"""Tools that read the web, and the guard that keeps them out of all that isn't public."""
