"""README and the handbook: what they tell people to type."""
