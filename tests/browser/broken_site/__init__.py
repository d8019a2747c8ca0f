"""A developer's site some of whose pages raise an error."""
