"""What keeps the site going, to read: workers, pauses, kill switches. Operations has buttons."""

from collections.abc import Sequence

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from runs.catalogue.presenter import pattern_label
from runs.models import Customer, IntakeChange, KillSwitch, Worker
from web.admin import Link, ReadOnlyAdmin, SiteAdmin
from web.admin.columns import badge, column, link, link_to, moment, number


def _lease(worker: Worker) -> str:
    if worker.ended_at is not None:
        return badge("Stopped")
    return badge("Alive", "ok") if worker.expires_at > timezone.now() else badge("Gone", "bad")


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    """Worker processes and their leases."""

    empty_text = "No worker was ever started: queued runs wait for one."
    list_display = [
        "name",
        column("state", "State", _lease),
        number("capacity", "Runs at once"),
        moment("seen_at", "Last heartbeat"),
        moment("started_at", "Started"),
        moment("ended_at", "Stopped"),
    ]
    ordering = ["-started_at"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "name",
                    column("state", "State", _lease),
                    number("capacity", "Runs at once"),
                    moment("started_at", "Started"),
                    moment("seen_at", "Last heartbeat"),
                    moment("expires_at", "Its lease ends"),
                    moment("ended_at", "Stopped"),
                ]
            },
        )
    ]


@admin.register(IntakeChange)
class IntakeChangeAdmin(ReadOnlyAdmin):
    """When new runs were paused, by whom and why. Operations has the button."""

    empty_text = "New runs were never paused. The button is on Operations."
    list_display = [
        moment("at", "When"),
        column("word", "What", lambda c: badge("Paused", "warn") if c.paused else badge("Resumed")),
        "reason",
        link("by", "By"),
    ]
    list_select_related = ["by"]


def _target(switch: KillSwitch) -> str:
    if switch.user_id or switch.api_token_id:
        target = switch.user if switch.user_id else switch.api_token
        return link_to(target) if target else "deleted"
    return str(pattern_label(switch.pattern)) if switch.pattern else "Everyone"


def _is_on(switch: KillSwitch) -> str:
    return badge("Lifted") if switch.lifted_at else badge("On", "bad")


@admin.register(KillSwitch)
class KillSwitchAdmin(ReadOnlyAdmin):
    """Kill switches and when they held. Each has its receipt on a page of Operations."""

    empty_text = "No kill switch was ever pulled. The button is on Operations."
    list_display = [
        moment("pulled_at", "Pulled"),
        "scope",
        column("target", "Who is stopped", _target),
        column("state", "State", _is_on),
        "reason",
        link("pulled_by", "By"),
        moment("lifted_at", "Lifted"),
    ]
    list_filter = ["scope"]
    list_select_related = ["user", "api_token", "pulled_by"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "scope",
                    column("target", "Who is stopped", _target),
                    column("state", "State", _is_on),
                    "reason",
                    link("pulled_by", "Pulled by"),
                    moment("pulled_at", "Pulled"),
                    moment("stopped_at", "All runs were told by"),
                    link("lifted_by", "Lifted by"),
                    moment("lifted_at", "Lifted"),
                ]
            },
        )
    ]

    def links(self, request: HttpRequest, row: KillSwitch) -> Sequence[Link]:
        """Its receipt."""
        return (Link("Its receipt", reverse("runs:kill-switch", args=[row.pk])),)


@admin.register(Customer)
class CustomerAdmin(SiteAdmin):
    """The customers that runs may name where `CUSTOMERS_POLICY` is `known`."""

    empty_text = "Where CUSTOMERS_POLICY is “known”, runs may name the customers of this list."
    list_display = ["name", "note", moment("created_at", "Added")]
    search_fields = ["name"]
    search_help_text = "A customer’s name"
