"""Who may sign up, and with how much money."""

from decimal import Decimal

from agentsite.env import env

given = env()
local = given.environment in ("development", "test")

# Outside one's own machine, whoever runs the site opens it to strangers.
SIGNUP_OPEN = local if given.signup_open is None else given.signup_open
# The hard budget a month that each new user but staff gets; None: no budget.
NEW_USER_BUDGET_USD = given.new_user_budget_usd
if NEW_USER_BUDGET_USD is None and not local:
    NEW_USER_BUDGET_USD = Decimal(10)
# Where mail leaves this machine, who signs up shows first that the address is theirs.
VERIFIED_SIGN_IN = bool(given.email_host)
