"""A run on a tape: its recorded calls in a file, and an engine that plays them without a cost."""
