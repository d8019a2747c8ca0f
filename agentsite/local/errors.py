"""The one error of this package."""


class StartError(Exception):
    """Something can't start here. Its text is one line for the user: what is wrong, what to do."""
