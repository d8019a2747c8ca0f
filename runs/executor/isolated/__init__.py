"""A suspect executes alone: its worker here, and the child process that does nothing else."""
