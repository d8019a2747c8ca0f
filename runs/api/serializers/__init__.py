"""What the API shows of a run."""
