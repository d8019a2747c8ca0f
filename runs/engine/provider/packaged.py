"""Endpoints of installed packages: what calls the models of a provider by its name."""

from runs.engine import plugins
from runs.engine.ports import Endpoint


def packaged(name: str, *, api_key: str, base_url: str | None, read_timeout_s: float) -> Endpoint:
    """The endpoint that a package brings, with what the site was told of it.

    Raises ValueError where it can't be loaded, or is none.
    """
    made = plugins.load(plugins.MODELS, name)(
        api_key=api_key, base_url=base_url, read_timeout_s=read_timeout_s
    )
    if not isinstance(made, Endpoint):
        raise ValueError(f"{plugins.MODELS} “{name}” makes no Endpoint")
    return made
