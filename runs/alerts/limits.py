"""How often a user has a test sent."""

from accounts.throttling import UserThrottle


class TestThrottle(UserThrottle):
    """Tests, by the page and by the API."""

    group = "alert-test:user"
    rate = "5/10m"
