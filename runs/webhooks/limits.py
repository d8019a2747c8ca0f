"""How often a user has messages sent on purpose: a receiver may be anybody's."""

from accounts.throttling import UserThrottle


class SendThrottle(UserThrottle):
    """Tests and messages sent again, of all webhooks, those that are deleted since too."""

    group = "webhook:user"
    rate = "60/m"
