"""The typed environment: every variable the site reads, checked once, loud when wrong."""

import json
import os
import secrets
import sys
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ROOT = Path(__file__).resolve().parents[1]
SERVERS_FILE = "servers.json"
ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104

Rate = Annotated[str, Field(pattern=r"^\d+/\d*[smhd]$")]


def _split(value: Any) -> Any:
    """Turn ``a, b`` into ``("a", "b")``; leave anything already parsed alone."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]


class Price(BaseModel):
    """Unit prices of one private model, in US dollars per million tokens."""

    model_config = ConfigDict(extra="forbid")

    input: Decimal = Field(ge=0, max_digits=14, decimal_places=6)
    output: Decimal = Field(ge=0, max_digits=14, decimal_places=6)
    cached_input: Decimal | None = Field(default=None, ge=0, max_digits=14, decimal_places=6)
    cache_write: Decimal | None = Field(default=None, ge=0, max_digits=14, decimal_places=6)


class Env(BaseSettings):
    """One field per variable, in upper case in the environment or in ``.env``.

    Secrets, and addresses that hold a password, show themselves only when asked to.
    """

    model_config = SettingsConfigDict(env_file=None, env_ignore_empty=True, extra="ignore")

    environment: Literal["development", "staging", "production", "test"] = "development"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    data_dir: Path = Path("var")
    database_url: SecretStr = SecretStr("")
    redis_url: SecretStr = SecretStr("")
    simulator_url: str = ""
    openai_api_key: SecretStr = SecretStr("")
    openai_base_url: str = ""
    openai_models: Words = ()
    model_prices: dict[str, Price] = {}
    admin_email: str = "admin@example.com"
    admin_password: SecretStr = SecretStr("")
    workers: int = Field(default=1, ge=1, le=64)
    worker_capacity: int = Field(default=100, ge=1, le=5000)
    user_concurrency: int = Field(default=50, ge=1, le=5000)
    worker_lease_s: float = Field(default=15, ge=2, le=300)
    provider_timeout_s: float = Field(default=60, ge=1, le=3600)
    worker_grace_s: float = Field(default=8, ge=0, le=600)
    secret_key: SecretStr = SecretStr("")
    allowed_hosts: Words = ()
    public_url: str = ""
    csrf_trusted_origins: Words = ()
    email_host: str = ""
    email_port: int = Field(default=587, ge=1, le=65535)
    email_host_user: str = ""
    email_host_password: SecretStr = SecretStr("")
    email_use_tls: bool = True
    default_from_email: str = "agentsite@localhost"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    redis_prefix: str = "agentsite"
    signup_open: bool | None = None
    new_user_budget_usd: Decimal | None = Field(default=None, ge=0, le=1_000_000, decimal_places=12)
    rate_limit_login: Rate = "30/5m"
    rate_limit_account: Rate = "10/5m"
    rate_limit_submit: Rate = "600/m"
    rate_limit_address: Rate = "3000/m"
    trusted_proxy_count: int = Field(default=0, ge=0, le=10)

    @field_validator("data_dir")
    @classmethod
    def _from_root(cls, value: Path) -> Path:
        return ROOT / value.expanduser()

    @field_validator("openai_base_url", "public_url", "simulator_url")
    @classmethod
    def _is_http(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/")

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

    @model_validator(mode="after")
    def _secret_outside_development(self) -> Self:
        if self.environment in ("staging", "production") and len(self.secret_key) < 50:
            raise ValueError(f"SECRET_KEY needs at least 50 characters in {self.environment}")
        return self

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
    def simulated(self) -> bool:
        """True when no provider is configured, so that the built-in simulator answers."""
        return not (self.openai_api_key or self.openai_base_url)


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


def endpoint_name(given: Env) -> str:
    """The provider's host and port, without what else its address may hold."""
    if given.simulated:
        return "simulator"
    address = urlsplit(given.openai_base_url or "https://api.openai.com")
    return f"{address.hostname}:{address.port}" if address.port else str(address.hostname)


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
