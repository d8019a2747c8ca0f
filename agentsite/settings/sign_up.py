"""Who may sign up, and with how much money."""

from agentsite.env import env

given = env()
SIGNUP_OPEN = given.signup_open
# The hard budget a month that each new user but staff gets; None: no budget.
NEW_USER_BUDGET_USD = given.new_user_budget_usd
# Where mail leaves this machine, who signs up shows first that the address is theirs.
VERIFIED_SIGN_IN = bool(given.email_host)
