"""The REST API of runs and of the catalogue."""
