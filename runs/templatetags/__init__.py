"""Template tags of the pages about runs."""
