"""What differs between development, staging, production and tests, where no variable says it."""

from decimal import Decimal
from typing import Literal, NamedTuple

EnvironmentName = Literal["development", "staging", "production", "test"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]

THRIFTY_MODELS = ("gpt-6-luna", "gpt-5-mini", "gpt-4.1-mini")
COMMON_MODELS = (
    "gpt-6-luna",
    "gpt-6.1-terra",
    "gpt-5-mini",
    "gpt-4.1-mini",
)


class Defaults(NamedTuple):
    """Defaults of variables, by their names; and what is offered of OpenAI's models.

    `tracing` counts where OTEL_EXPORTER_OTLP_ENDPOINT says where traces go.
    """

    log_level: LogLevel
    result_cache_s: int
    tracing: bool
    signup_open: bool
    staff_mfa_required: bool
    new_user_budget_usd: Decimal | None
    rate_limit_submit: str
    rate_limit_address: str
    models: tuple[str, ...]


# On one's own machine scripts submit as fast as they like; an answer is soon asked for anew.
DEVELOPMENT = Defaults(
    log_level="DEBUG",
    result_cache_s=60,
    tracing=False,
    signup_open=True,
    staff_mfa_required=False,
    new_user_budget_usd=None,
    rate_limit_submit="600/m",
    rate_limit_address="3000/m",
    models=THRIFTY_MODELS,
)
# Whoever runs a site for others opens it to strangers.
PRODUCTION = Defaults(
    log_level="WARNING",
    result_cache_s=3600,
    tracing=True,
    signup_open=False,
    staff_mfa_required=True,
    new_user_budget_usd=Decimal(10),
    rate_limit_submit="10/m,100/h",
    rate_limit_address="300/m,3000/h",
    models=COMMON_MODELS,
)
STAGING = PRODUCTION._replace(log_level="INFO", result_cache_s=300, models=THRIFTY_MODELS)
# A test says for itself that it wants answers kept.
TEST = DEVELOPMENT._replace(log_level="WARNING", result_cache_s=0, models=COMMON_MODELS)

ENVIRONMENTS: dict[EnvironmentName, Defaults] = {
    "development": DEVELOPMENT,
    "staging": STAGING,
    "production": PRODUCTION,
    "test": TEST,
}
