"""The providers that the environment names, each with variables that begin with its name."""

import re
from collections import Counter
from datetime import date
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, SecretStr, model_validator
from pydantic_settings import NoDecode

from agentsite.secret_files import VariablesSource, secret_of
from billing.providers import Provider, Reattach
from runs.engine import plugins

OPENAI = "openai"
OPENAI_HOST = "api.openai.com"
OPENAI_URL = f"https://{OPENAI_HOST}"
SIMULATOR = "simulator"
VARIABLES = ("api_key", "base_url", "models", "prefix", "reattach")
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
# Told by OpenAI before its list of models had dates.
SHUTDOWNS = dict.fromkeys(("gpt-4o", "gpt-4o-mini", "gpt-4.1"), date(2027, 1, 14))


def _split(value: Any) -> Any:
    """Turn ``a, b`` into ``("a", "b")``; leave anything already parsed alone."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _is_http(value: str) -> str:
    if value and not value.startswith(("http://", "https://")):
        raise ValueError("must start with http:// or https://")
    return value.rstrip("/")


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
HttpUrl = Annotated[str, AfterValidator(_is_http)]


class Named(BaseModel):
    """A provider of `PROVIDERS` with its own variables; those of `openai` stand in `Env` itself."""

    name: str
    api_key: SecretStr = SecretStr("")
    base_url: str = ""
    models: Words = ()
    prefix: str = ""
    reattach: Reattach = ""

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        """What is wrong is said with the variable's own name."""
        if not NAME.fullmatch(self.name):
            raise ValueError(
                f"“{self.name}” can't be a provider's name: it begins variables, and so has small "
                "letters, digits and _"
            )
        try:
            self.base_url = _is_http(self.base_url)
        except ValueError as error:
            raise ValueError(f"{self.name.upper()}_BASE_URL {error}") from error
        return self

    @property
    def packaged(self) -> bool:
        """True where an installed package calls it."""
        return self.name in plugins.names(plugins.MODELS)

    @property
    def provider(self) -> Provider:
        """As the site calls it."""
        return Provider(
            name=self.name,
            models=tuple(f"{self.prefix}{model}" for model in self.models),
            endpoint=f"{self.name}@{host_of(self.base_url)}" if self.base_url else self.name,
            base_url=self.base_url,
            prefix=self.prefix,
            packaged=self.packaged,
            reattach=self.reattach,
            api_key=self.api_key.get_secret_value() or "none",
        )


class NamedSource(VariablesSource):
    """Gathers the variables of each provider that `PROVIDERS` names."""

    def __call__(self) -> dict[str, Any]:
        """The value of `PROVIDERS`, where it has one."""
        names = _split(self._variables.get("providers") or "")
        return {"providers": tuple(map(self._named, names))} if names else {}

    def _named(self, name: str) -> dict[str, Any]:
        found = {part: secret_of(self._variables, f"{name.lower()}_{part}") for part in VARIABLES}
        return {"name": name, **{part: value for part, value in found.items() if value}}


def check_named(named: tuple[Named, ...], *, has_openai: bool, taken: set[str]) -> None:
    """Raise ValueError for a provider that can't be called as the environment has it.

    `taken` are the variables that mean something else.
    """
    for name, count in Counter(one.name for one in named).items():
        if count > 1:
            raise ValueError(f"PROVIDERS names “{name}” twice")
    for one in named:
        if one.name == SIMULATOR:
            raise ValueError(
                "PROVIDERS can't name the simulator: it answers where no provider is set, and "
                "its dollars never stand beside real ones"
            )
        if one.name == OPENAI:
            _check_openai(has_openai)
        else:
            _check(one, taken)


def _check_openai(has_openai: bool) -> None:
    if not has_openai:
        raise ValueError("OPENAI_API_KEY is missing, or OPENAI_BASE_URL: PROVIDERS names “openai”")


def _check(one: Named, taken: set[str]) -> None:
    start = one.name.upper()
    if meant := sorted(taken & {f"{one.name}_{part}" for part in VARIABLES}):
        raise ValueError(
            f"PROVIDERS names “{one.name}”, but {meant[0].upper()} means something else: "
            "give it another name"
        )
    if one.packaged and one.reattach:
        raise ValueError(f"{start}_REATTACH can't be set: a package calls “{one.name}”")
    if one.packaged:
        plugins.load(plugins.MODELS, one.name)
    elif not one.base_url:
        raise ValueError(f"{start}_BASE_URL is missing: PROVIDERS names “{one.name}”")
    if not one.models:
        raise ValueError(f"{start}_MODELS is missing: PROVIDERS names “{one.name}”")


def in_order(named: tuple[Named, ...], own: Provider | None) -> tuple[Provider, ...]:
    """The providers as they are offered: OpenAI stands first, unless it is named later."""
    found = {one.name: one.provider for one in named if one.name != OPENAI}
    if own is None:
        return tuple(found.values())
    order = [one.name for one in named]
    found[own.name] = own
    return tuple(found[name] for name in (order if own.name in order else (own.name, *order)))


def check_unique(providers: tuple[Provider, ...]) -> None:
    """Raise ValueError for a model of two providers: it has to be pinned to one."""
    owners: dict[str, str] = {}
    for provider in providers:
        for model in provider.models:
            if (owner := owners.setdefault(model, provider.name)) != provider.name:
                prefixed = owner if provider.name == OPENAI else provider.name
                raise ValueError(
                    f"“{model}” is offered by {owner} and by {provider.name}: set "
                    f"{prefixed.upper()}_PREFIX, or take it out of one of them"
                )


def known_shutdowns(providers: tuple[Provider, ...]) -> dict[str, date]:
    """Those of OpenAI's models, where they are asked of OpenAI itself or imitated."""
    return {
        model: SHUTDOWNS[model]
        for provider in providers
        if provider.name == SIMULATOR or host_of(provider.base_url or OPENAI_URL) == OPENAI_HOST
        for model in provider.models
        if model in SHUTDOWNS
    }


def host_of(base_url: str) -> str:
    """Host and port of an address, without what else it may hold."""
    address = urlsplit(base_url)
    return f"{address.hostname}:{address.port}" if address.port else str(address.hostname)
