"""What a site that others reach refuses to start with. Each raises ValueError with one line."""

from collections.abc import Sequence
from urllib.parse import urlsplit

MIN_SECRET, MIN_DIFFERENT = 50, 5
MADE_FOR_A_TRY = "django-insecure-"
OF_EXAMPLES = {"agentsite", "changeme", "example", "password", "postgres", "redis", "secret"}


def check_secret_key(key: str, *, environment: str) -> None:
    """It signs sessions: long, and not made of a few characters."""
    if len(key) < MIN_SECRET:
        raise ValueError(f"SECRET_KEY needs at least {MIN_SECRET} characters in {environment}")
    if len(set(key)) < MIN_DIFFERENT or key.startswith(MADE_FOR_A_TRY):
        raise ValueError("SECRET_KEY can be guessed: take random characters")


def check_hosts(hosts: Sequence[str]) -> None:
    """The site answers to its own names only."""
    if not hosts:
        raise ValueError("ALLOWED_HOSTS is missing: the names under which the site is found")
    if "*" in hosts:
        raise ValueError("ALLOWED_HOSTS can't be *: anyone's name would then be put into links")


def check_server(name: str, url: str) -> None:
    """Postgres or Redis is given, with a password that isn't an example's."""
    if not url:
        raise ValueError(f"{name} is missing")
    if (urlsplit(url).password or "").lower() in OF_EXAMPLES:
        raise ValueError(f"{name} has the password of an example")


def check_provider(*, nobody_answers: bool) -> None:
    """Somebody answers."""
    if nobody_answers:
        raise ValueError("OPENAI_API_KEY is missing, or OPENAI_BASE_URL, or PROVIDERS")


def check_origins(public_url: str, trusted: Sequence[str]) -> None:
    """Pages are reached by TLS, and so are those that may post to them."""
    if public_url and not public_url.startswith("https://"):
        raise ValueError("PUBLIC_URL must start with https://")
    for origin in trusted:
        if not origin.startswith("https://"):
            raise ValueError(f"CSRF_TRUSTED_ORIGINS: “{origin}” must start with https://")


def check_mail(*, password: str, use_tls: bool) -> None:
    """The mail server's password is not sent in the clear."""
    if password and not use_tls:
        raise ValueError("EMAIL_USE_TLS can't be off with EMAIL_HOST_PASSWORD: all would read it")


def check_jwt_key(jwt_key: str, secret_key: str) -> None:
    """Who makes JWTs can't sign sessions."""
    if jwt_key and jwt_key == secret_key:
        raise ValueError("JWT_SECRET_KEY can't be SECRET_KEY: who makes JWTs would sign sessions")
