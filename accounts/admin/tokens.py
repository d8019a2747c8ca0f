"""API tokens in the admin. A token's key is never shown: it isn't kept."""

from collections.abc import Sequence

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.caller import caller_of
from accounts.models import ApiToken
from accounts.services import revoke_token, trust_token
from web.admin import Link, ReadOnlyAdmin, confirmed
from web.admin.columns import badge, code, column, link, moment, number, rows_of, yes


def _scopes(token: ApiToken) -> str:
    return ", ".join(token.scopes) or "none"


def _state(token: ApiToken) -> str:
    if token.revoked_at is not None:
        return badge("Revoked")
    return badge("Expired", "warn") if token.expired else badge("Works", "ok")


state = column("state", "State", _state)
trusted = yes("speaks_for_users", "Speaks for users", "trusted")


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    """Tokens can be read and revoked here, not made: only their owner may see a key."""

    empty_text = "Users make their tokens themselves, on the page API tokens."
    actions = ["revoke", "let_speak", "let_speak_no_more"]
    list_display = [
        "name",
        link("user"),
        code("prefix", "Key begins"),
        state,
        trusted,
        moment("last_used_at", "Last used"),
        moment("expires_at", "Expires"),
        moment("created_at", "Created", sorts_by="created_at"),
    ]
    list_filter = ["speaks_for_users"]
    list_select_related = ["user"]
    search_fields = ["name", "prefix", "user__email"]
    search_help_text = "A name, the beginning of a key, or an email"
    fieldsets = [
        (None, {"fields": ["name", link("user"), code("prefix", "Key begins"), state]}),
        (
            "May",
            {
                "fields": [
                    column("scopes", "Scopes", _scopes),
                    trusted,
                    number("submits_per_minute", "Submits a minute"),
                    number("submits_per_hour", "Submits an hour"),
                ]
            },
        ),
        (
            "Dates",
            {
                "fields": [
                    moment("created_at", "Created"),
                    moment("expires_at", "Expires"),
                    moment("last_used_at", "Last used"),
                    moment("previous_expires_at", "Its key before works until"),
                    moment("revoked_at", "Revoked"),
                ]
            },
        ),
    ]

    def links(self, request: HttpRequest, row: ApiToken) -> Sequence[Link]:
        """The tokens of the same user."""
        return (Link("All tokens of this user", rows_of(ApiToken, user__id__exact=row.user_id)),)

    @confirmed(
        "Revoke these tokens? Their keys stop working at once, for good. "
        "Runs that were submitted with them go on.",
        button="Revoke",
    )
    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[ApiToken]) -> None:
        """Revoke the chosen ones; what they submitted goes on."""
        for token in chosen.filter(revoked_at=None):
            revoke_token(token=token)
            self.log_change(request, token, "Revoked.")
        messages.success(request, "The keys of the chosen tokens no longer work.")

    @confirmed(
        "Trust these tokens to speak for users? Whoever has such a key can spend as any user "
        "that a request names.",
        button="Trust",
    )
    @admin.action(description="Trust to speak for users", permissions=["trust"])
    def let_speak(self, request: HttpRequest, chosen: QuerySet[ApiToken]) -> None:
        """From now on, requests with the chosen ones may name the user whom they are for."""
        self._trust(request, chosen, trusted=True)

    @admin.action(description="Trust no longer to speak for users", permissions=["trust"])
    def let_speak_no_more(self, request: HttpRequest, chosen: QuerySet[ApiToken]) -> None:
        """From now on, requests with the chosen ones are their own users' only."""
        self._trust(request, chosen, trusted=False)

    def _trust(self, request: HttpRequest, chosen: QuerySet[ApiToken], *, trusted: bool) -> None:
        for token in chosen.exclude(speaks_for_users=trusted):
            trust_token(token=token, trusted=trusted)
            self.log_change(request, token, "Trusted." if trusted else "Trusted no longer.")
        messages.success(request, "This is so from their next request on.")

    def has_trust_permission(self, request: HttpRequest) -> bool:
        """Whoever may change tokens."""
        return caller_of(request).user.has_perm("accounts.change_apitoken")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Whoever may delete tokens. The row stays: it keeps its runs under its budgets."""
        return caller_of(request).user.has_perm("accounts.delete_apitoken")
