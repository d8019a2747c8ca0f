"""Rows whose changes are recorded however they are saved: by a service, the admin or a shell."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.db.models.signals import post_delete, post_save, pre_save

from accounts.audit.record import record
from accounts.audit_models import Action

Shown = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Watched:
    """The fields of a model that are recorded, and as what."""

    model: type[Model]
    fields: Sequence[str]
    created: Action | None
    changed: Action | None
    deleted: Action | None
    # The id of the user whom a row is about.
    owner: Callable[[Any], int | None] = lambda row: None
    # How a value is shown, where it isn't as it is.
    shown: dict[str, Shown] | None = None

    def values(self, row: Model) -> dict[str, Any]:
        """The fields of a row as they are."""
        return {name: getattr(row, name) for name in self.fields}

    def as_shown(self, values: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
        """Those of these names as entries have them."""
        shown = self.shown or {}
        return {name: shown.get(name, _as_it_is)(values[name]) for name in names}


def _as_it_is(value: Any) -> Any:
    return value


def watch(watched: Watched) -> None:
    """Record what happens to the rows of a model from now on."""
    model, name = watched.model, watched.model.__name__

    def before_saving(instance: Model, update_fields: Any, **kwargs: Any) -> None:
        touched = update_fields is None or set(update_fields) & set(watched.fields)
        known = None if instance._state.adding or not touched else _stored(instance)
        instance._before = watched.values(known) if known else None  # type: ignore[attr-defined]

    def after_saving(instance: Model, created: bool, **kwargs: Any) -> None:
        _record_saved(watched, instance, created)

    def after_deleting(instance: Model, **kwargs: Any) -> None:
        if watched.deleted:
            before = watched.as_shown(watched.values(instance), watched.fields)
            record(watched.deleted, user_id=watched.owner(instance), about=instance, before=before)

    for signal, receiver in (
        (pre_save, before_saving),
        (post_save, after_saving),
        (post_delete, after_deleting),
    ):
        signal.connect(receiver, sender=model, weak=False, dispatch_uid=f"audit {name}")


def _stored(instance: Model) -> Model | None:
    return type(instance)._default_manager.filter(pk=instance.pk).first()


def _record_saved(watched: Watched, row: Model, created: bool) -> None:
    now, owner = watched.values(row), watched.owner(row)
    if created:
        if watched.created:
            after = watched.as_shown(now, watched.fields)
            record(watched.created, user_id=owner, about=row, after=after)
        return
    before: dict[str, Any] | None = getattr(row, "_before", None)
    if before is None or watched.changed is None:
        return
    # By the values themselves: two addresses may look the same once they are masked.
    names = [name for name in now if now[name] != before[name]]
    if names:
        record(
            watched.changed,
            user_id=owner,
            about=row,
            before=watched.as_shown(before, names),
            after=watched.as_shown(now, names),
        )
