"""Why someone isn't let in."""


class TokenRefused(Exception):
    """A key that lets nobody in; its text says why, and is fit to be shown."""
