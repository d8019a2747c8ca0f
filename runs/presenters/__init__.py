"""Turns rows into what the templates show. No queries here."""
