"""For how long an answer is given again to the same task of the same user."""

from agentsite.env import env

given = env()
# A test says for itself that it wants it.
BY_ENVIRONMENT = {"development": 3600, "staging": 3600, "production": 86_400, "test": 0}

# In seconds; 0: each run buys its own answer.
RESULT_CACHE_S = given.result_cache_s
if RESULT_CACHE_S is None:
    RESULT_CACHE_S = BY_ENVIRONMENT[given.environment]
