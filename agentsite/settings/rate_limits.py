"""How often people may sign in, change their account, and submit."""

import hashlib

from agentsite.env import env

given = env()

# Several rates of one kind all hold.
RATE_LIMITS = {
    "login": given.rate_limit_login,
    "account": given.rate_limit_account,
    "submit": given.rate_limit_submit,
    "shared": given.rate_limit_shared,
    "address": given.rate_limit_address,
}
# django-ratelimit's own defaults: it asks for them for each counter, which is slow without them.
RATELIMIT_CACHE_PREFIX = "rl:"
RATELIMIT_HASH_ALGORITHM = hashlib.sha256
