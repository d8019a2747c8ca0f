"""The forms of the composer and of the run list. What they accept, `runs.services` checks again."""
