"""The typed environment: every variable the site reads, checked once, loud when wrong."""

import json
import os
import secrets
import sys
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from agentsite import safety
from agentsite.environments import COMMON_MODELS, ENVIRONMENTS, EnvironmentName, LogLevel
from agentsite.otel import OtelVariables, check_installed
from agentsite.providers import (
    OPENAI,
    OPENAI_URL,
    SIMULATOR,
    HttpUrl,
    Named,
    NamedSource,
    Words,
    check_named,
    check_unique,
    host_of,
    in_order,
    known_shutdowns,
)
from agentsite.secret_files import SecretFiles, variables_of
from billing.providers import Provider, Reattach

ROOT = Path(__file__).resolve().parents[1]
SERVERS_FILE = "servers.json"
ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104

# What nobody guesses, however often a site may be asked.
MIN_METRICS_TOKEN = 16
# As long as the hash of HS256 (RFC 7518, section 3.2).
MIN_JWT_KEY = 32
RATE = r"\d+/([1-9]\d*)?[smhd]"
Rates = Annotated[str, Field(pattern=rf"^{RATE}(,{RATE})*$")]

# A month's alert is what says that it was told: it stays until that month is over.
MIN_ALERT_DAYS = 35
# For how long something is kept; 0: for good.
Days = Annotated[int, Field(ge=0, le=36_500)]


class Price(BaseModel):
    """Unit prices of one private model, in US dollars per million tokens."""

    model_config = ConfigDict(extra="forbid")

    input: Decimal = Field(ge=0, max_digits=14, decimal_places=6)
    output: Decimal = Field(ge=0, max_digits=14, decimal_places=6)
    cached_input: Decimal | None = Field(default=None, ge=0, max_digits=14, decimal_places=6)
    cache_write: Decimal | None = Field(default=None, ge=0, max_digits=14, decimal_places=6)


class Env(OtelVariables):
    """One field per variable, in upper case in the environment or in ``.env``.

    Secrets, and addresses that hold a password, show themselves only when asked to.
    """

    model_config = SettingsConfigDict(env_file=None, env_ignore_empty=True, extra="ignore")

    environment: EnvironmentName = "development"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    data_dir: Path = Path("var")
    database_url: SecretStr = SecretStr("")
    redis_url: SecretStr = SecretStr("")
    simulator_url: HttpUrl = ""
    openai_api_key: SecretStr = SecretStr("")
    openai_base_url: HttpUrl = ""
    openai_models: Words = ()
    openai_reattach: Reattach = ""
    openai_admin_key: SecretStr = SecretStr("")
    openai_api_key_id: str = ""
    reconcile_after_min: int = Field(default=60, ge=0, le=10_080)
    providers: Annotated[tuple[Named, ...], NoDecode] = ()
    model_prices: dict[str, Price] = {}
    model_fallbacks: dict[str, str] = {}
    model_shutdown_dates: dict[str, date | None] = {}
    cheap_models: Words = ()
    strong_models: Words = ()
    search_url: HttpUrl = ""
    tavily_api_key: SecretStr = SecretStr("")
    admin_email: str = "admin@example.com"
    admin_password: SecretStr = SecretStr("")
    workers: int = Field(default=1, ge=1, le=64)
    worker_capacity: int = Field(default=100, ge=1, le=5000)
    user_concurrency: int = Field(default=50, ge=1, le=5000)
    user_live_connections: int = Field(default=200, ge=1, le=100_000)
    worker_lease_s: float = Field(default=15, ge=2, le=300)
    customers_policy: Literal["open", "known"] = "open"
    result_cache_s: int | None = Field(default=None, ge=0, le=31_536_000)
    retain_steps_days: Days = 0
    retain_events_days: Days = 0
    retain_answers_days: Days = 0
    retain_tasks_days: Days = 0
    retain_idempotency_days: Days = 0
    retain_webhooks_days: Days = 30
    retain_alerts_days: Days = 90
    retain_sign_ins_days: Days = 30
    provider_timeout_s: float = Field(default=60, ge=1, le=3600)
    breaker_failures: int = Field(default=5, ge=1, le=10_000)
    breaker_open_s: float = Field(default=30, ge=0.1, le=3600)
    worker_grace_s: float = Field(default=8, ge=0, le=600)
    web_grace_s: float = Field(default=8, ge=0, le=600)
    secret_key: SecretStr = SecretStr("")
    secret_key_fallbacks: SecretStr = SecretStr("")
    allowed_hosts: Words = ()
    public_url: HttpUrl = ""
    csrf_trusted_origins: Words = ()
    mcp_authorization_servers: Words = ()
    email_host: str = ""
    email_port: int = Field(default=587, ge=1, le=65535)
    email_host_user: str = ""
    email_host_password: SecretStr = SecretStr("")
    email_use_tls: bool = True
    default_from_email: str = "agentsite@localhost"
    alert_rate_factor: Decimal = Field(default=Decimal(3), gt=1, le=1000, decimal_places=2)
    alert_rate_min_usd: Decimal = Field(default=Decimal(1), ge=0, le=1_000_000, decimal_places=12)
    alert_silent_s: int = Field(default=300, ge=1, le=86_400)
    alert_doubt_usd: Decimal = Field(default=Decimal(10), ge=0, le=1_000_000, decimal_places=12)
    log_level: LogLevel | None = None
    redis_prefix: str = "agentsite"
    signup_open: bool | None = None
    staff_mfa_required: bool | None = None
    new_user_budget_usd: Decimal | None = Field(default=None, ge=0, le=1_000_000, decimal_places=12)
    rate_limit_login: Rates = "30/5m"
    rate_limit_account: Rates = "10/5m"
    rate_limit_shared: Rates = "120/5m"
    rate_limit_submit: Rates | None = None
    rate_limit_address: Rates | None = None
    trusted_proxy_count: int = Field(default=0, ge=0, le=10)
    denied_patterns: Path | None = None
    jwt_secret_key: SecretStr = SecretStr("")
    jwt_audience: str = ""
    jwt_issuer: str = ""
    metrics_token: SecretStr = SecretStr("")
    worker_metrics_host: str = "127.0.0.1"
    worker_metrics_port: int | None = Field(default=None, ge=1, le=65535)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The named providers' own variables are read besides, and secrets that are in files."""
        variables = variables_of(dotenv_settings, env_settings)
        named = NamedSource(settings_cls, variables)
        files = SecretFiles(settings_cls, variables)
        return init_settings, named, files, env_settings, dotenv_settings

    @field_validator("data_dir")
    @classmethod
    def _from_root(cls, value: Path) -> Path:
        return ROOT / value.expanduser()

    @field_validator("database_url")
    @classmethod
    def _is_postgres(cls, value: SecretStr) -> SecretStr:
        if value and not value.get_secret_value().startswith(("postgres://", "postgresql://")):
            raise ValueError("must start with postgresql://")
        return value

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, value: SecretStr) -> SecretStr:
        schemes = ("redis://", "rediss://", "unix://")
        if value and not value.get_secret_value().startswith(schemes):
            raise ValueError("must start with redis://, rediss:// or unix://")
        return value

    @field_validator("jwt_secret_key")
    @classmethod
    def _is_shared_secret(cls, value: SecretStr) -> SecretStr:
        key = value.get_secret_value()
        if key and len(key.encode()) < MIN_JWT_KEY:
            raise ValueError(f"needs at least {MIN_JWT_KEY} bytes")
        if key.startswith(("-----BEGIN", "ssh-", "ecdsa-")):
            raise ValueError("is a shared secret, for HS256; this looks like one of a pair of keys")
        return value

    @field_validator("metrics_token")
    @classmethod
    def _is_no_guess(cls, value: SecretStr) -> SecretStr:
        token = value.get_secret_value()
        if token and (len(token) < MIN_METRICS_TOKEN or not token.isascii() or " " in token):
            raise ValueError(f"needs at least {MIN_METRICS_TOKEN} plain characters, and no spaces")
        return value

    @field_validator("retain_alerts_days")
    @classmethod
    def _outlives_a_month(cls, days: int) -> int:
        if 0 < days < MIN_ALERT_DAYS:
            raise ValueError(f"is 0 or at least {MIN_ALERT_DAYS}: else a month's is told twice")
        return days

    @model_validator(mode="after")
    def _rest_by_environment(self) -> Self:
        for name, value in ENVIRONMENTS[self.environment]._asdict().items():
            if name in type(self).model_fields and getattr(self, name) is None:
                setattr(self, name, value)
        return self

    @model_validator(mode="after")
    def _traces_need_their_extra(self) -> Self:
        if self.traces:
            check_installed()
        return self

    @model_validator(mode="after")
    def _safe_for_others(self) -> Self:
        key, jwt_key = self.secret_key.get_secret_value(), self.jwt_secret_key.get_secret_value()
        safety.check_jwt_key(jwt_key, key)
        if self.environment in ("staging", "production"):
            safety.check_secret_key(key, environment=self.environment)
            safety.check_hosts(self.allowed_hosts)
            safety.check_server("DATABASE_URL", self.database_url.get_secret_value())
            safety.check_server("REDIS_URL", self.redis_url.get_secret_value())
            safety.check_provider(nobody_answers=self.simulated and not self.simulator_url)
            safety.check_origins(self.public_url, self.csrf_trusted_origins)
            password = self.email_host_password.get_secret_value()
            safety.check_mail(password=password, use_tls=self.email_use_tls)
        return self

    @model_validator(mode="after")
    def _providers_can_be_called(self) -> Self:
        taken = set(type(self).model_fields)
        check_named(self.providers, has_openai=self._has_openai, taken=taken)
        check_unique(self.site_providers)
        return self

    @model_validator(mode="after")
    def _fallbacks_lead_somewhere(self) -> Self:
        for model in self.model_fallbacks:
            chain = [model]
            while (following := self.model_fallbacks.get(chain[-1])) and following not in chain:
                chain.append(following)
            if following:
                circle = " → ".join((*chain, following))
                raise ValueError(f"MODEL_FALLBACKS goes round in a circle: {circle}")
            if unknown := [name for name in chain if name not in self.models]:
                raise ValueError(f"MODEL_FALLBACKS names “{unknown[0]}”, which isn't offered")
        return self

    @model_validator(mode="after")
    def _tiers_are_offered(self) -> Self:
        for variable in ("cheap_models", "strong_models"):
            if unknown := [name for name in getattr(self, variable) if name not in self.models]:
                raise ValueError(f"{variable.upper()} names “{unknown[0]}”, which isn't offered")
        return self

    @property
    def models(self) -> tuple[str, ...]:
        """The models that the site offers."""
        return tuple(model for provider in self.site_providers for model in provider.models)

    @property
    def site_providers(self) -> tuple[Provider, ...]:
        """The providers that the site calls, in the order in which they are offered."""
        own = Provider(
            SIMULATOR if self.simulated else OPENAI,
            models=self.openai_models or self._default_models,
            endpoint=SIMULATOR if self.simulated else host_of(self.openai_base_url or OPENAI_URL),
            base_url=self.simulator_url if self.simulated else self.openai_base_url,
            api_key=self.openai_api_key.get_secret_value() or "none",
            reattach=self.openai_reattach,
        )
        return in_order(self.providers, own if self._has_openai or self.simulated else None)

    @property
    def known_shutdown_dates(self) -> dict[str, date]:
        """From which day on models aren't called, as far as that is known beforehand."""
        return known_shutdowns(self.site_providers)

    @property
    def _default_models(self) -> tuple[str, ...]:
        return COMMON_MODELS if self.simulated else ENVIRONMENTS[self.environment].models

    @property
    def _has_openai(self) -> bool:
        return bool(self.openai_api_key or self.openai_base_url)

    @property
    def older_secret_keys(self) -> list[str]:
        """Keys that were replaced, newest first."""
        keys = self.secret_key_fallbacks.get_secret_value().split(",")
        return [key.strip() for key in keys if key.strip()]

    @property
    def local_url(self) -> str:
        """Where a browser on this machine finds the site."""
        host = ANY.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def url_of_allowed_hosts(self) -> str:
        """The first of ALLOWED_HOSTS with TLS; empty where that may be any."""
        first = self.allowed_hosts[0].lstrip("*.") if self.allowed_hosts else ""
        return f"https://{first}" if first else ""

    @property
    def own_names(self) -> tuple[str, ...]:
        """The host names under which the site itself is found."""
        named = (*(host.lstrip("*.") for host in self.allowed_hosts), self._public_name)
        return tuple(name.lower() for name in named if name)

    @property
    def _public_name(self) -> str:
        return urlsplit(self.public_url).hostname or ""

    @property
    def simulated(self) -> bool:
        """True when no provider is configured, so that the built-in simulator answers."""
        return not (self._has_openai or self.providers)

    @property
    def search_address(self) -> str:
        """Where SearXNG answers; the simulator takes its place where no search is configured."""
        if self.search_url or self.tavily_api_key or not (self.simulated and self.simulator_url):
            return self.search_url
        return f"{self.simulator_url.removesuffix('/v1')}/sim/search"


def _one_line(error: ValidationError) -> str:
    first = error.errors()[0]
    name = str(first["loc"][0]).upper() if first["loc"] else ""
    message = first["msg"].removeprefix("Value error, ")
    return f"{name}: {message}" if name else message


def _env_file() -> Path | None:
    """`.env` beside manage.py, or the file that ENV_FILE names; none when that is empty."""
    name = os.environ.get("ENV_FILE", ".env")
    return ROOT / name if name else None


def load_env() -> Env:
    """Read the environment and the file; exit with one clear line when a value is bad."""
    try:
        return Env(_env_file=_env_file())  # type: ignore[call-arg]
    except ValidationError as error:
        sys.exit(f"agentsite: bad environment: {_one_line(error)}")
    except ValueError as error:
        sys.exit(f"agentsite: bad environment: {error}")


def embedded_servers(data_dir: Path) -> dict[str, str]:
    """Addresses that ``make up`` left in ``servers.json``; empty when nothing runs there."""
    path = data_dir / SERVERS_FILE
    try:
        servers: dict[str, str] = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except OSError as error:
        sys.exit(f"agentsite: {path} of DATA_DIR can't be read: {error.strerror}")
    return servers


def local_secret(data_dir: Path) -> str:
    """A secret key that is made once for this data directory, for development only."""
    path = data_dir / "secret_key"
    try:
        if not path.exists():
            data_dir.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_name(f"secret_key.{os.getpid()}")
            unfinished.touch(mode=0o600)
            unfinished.write_text(secrets.token_urlsafe(64))
            unfinished.replace(path)
        return path.read_text()
    except OSError as error:
        sys.exit(f"agentsite: DATA_DIR {data_dir} can't be used: {error.strerror}")


@cache
def env() -> Env:
    """The environment of this process, with the embedded servers filled in."""
    loaded = load_env()
    servers = embedded_servers(loaded.data_dir)
    filled = {
        "database_url": loaded.database_url or SecretStr(servers.get("database_url", "")),
        "redis_url": loaded.redis_url or SecretStr(servers.get("redis_url", "")),
        "simulator_url": loaded.simulator_url or servers.get("simulator_url", ""),
    }
    return loaded.model_copy(update=filled)
