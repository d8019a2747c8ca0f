"""Why someone isn't let in."""


class TokenRefused(Exception):
    """A key that lets nobody in; its text says why, and is fit to be shown."""


class FactorMissing(TokenRefused):
    """A JWT that doesn't say that its user's second factor was asked for."""
