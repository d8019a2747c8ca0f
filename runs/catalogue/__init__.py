"""What a run can be made of: patterns, models and tools."""
