"""How Postgres is reached: one address, a pool in each process, and peers that can vanish."""

from typing import Any

from psycopg.conninfo import conninfo_to_dict

from agentsite.env import env

# A server whose machine vanished is noticed within seconds, not after the system's two hours.
PEER_IS_GONE = {
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}


def _database(url: str) -> dict[str, Any]:
    """Django's database settings for a `postgresql://` URL; parameters become OPTIONS."""
    parts: dict[str, Any] = dict(conninfo_to_dict(url))
    names = {
        "NAME": "dbname",
        "USER": "user",
        "PASSWORD": "password",
        "HOST": "host",
        "PORT": "port",
    }
    known = {key: str(parts.pop(name, "")) for key, name in names.items()}
    pool = {"min_size": 1, "max_size": 8, "timeout": 3}
    options = {**PEER_IS_GONE, **parts, "pool": pool}
    return {
        "ENGINE": "django.db.backends.postgresql",
        **known,
        # Asked before use, so that a Postgres restart costs no request.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


DATABASES = {"default": _database(env().database_url.get_secret_value())}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
