"""When people are told of spend that is unusual, of money in doubt, and of a silent site."""

from agentsite.env import env

given = env()

# An hour's spend is unusual beyond so many times what is usual, and from so many dollars on.
ALERT_RATE_FACTOR = given.alert_rate_factor
ALERT_RATE_MIN_USD = given.alert_rate_min_usd
# Staff are told from so many dollars in doubt on.
ALERT_DOUBT_USD = given.alert_doubt_usd
# Staff are told when no worker, or nothing of the scheduler, was heard of for so many seconds.
ALERT_SILENT_S = given.alert_silent_s
