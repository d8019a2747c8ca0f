"""Read-only links to one run, which its owner makes and revokes."""
