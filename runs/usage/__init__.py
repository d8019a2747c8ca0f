"""What was spent, by day, model and pattern: a page and a report over one query."""
