"""Runs: their life, their journal, their live events, and the workers that execute them."""
