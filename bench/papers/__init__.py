"""The papers behind the patterns: their claims, counted on one task with the engine itself."""
