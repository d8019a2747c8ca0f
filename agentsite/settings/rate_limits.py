"""How often people may sign in, change their account, and submit."""

import hashlib

from agentsite.env import env

given = env()
# On one's own machine, and in tests, scripts submit as fast as they like.
local = given.environment in ("development", "test")

# Several rates of one kind all hold.
RATE_LIMITS = {
    "login": given.rate_limit_login,
    "account": given.rate_limit_account,
    "submit": given.rate_limit_submit or ("600/m" if local else "10/m,100/h"),
    "address": given.rate_limit_address or ("3000/m" if local else "300/m,3000/h"),
}
# django-ratelimit's own defaults: it asks for them for each counter, which is slow without them.
RATELIMIT_CACHE_PREFIX = "rl:"
RATELIMIT_HASH_ALGORITHM = hashlib.sha256
