"""Reads: runs, the catalogue and the state of the site."""
