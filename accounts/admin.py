"""Users and API tokens in the admin. A token's key is never shown: it isn't kept."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.audit.record import record
from accounts.audit_models import Action, AuditEntry
from accounts.caller import caller_of
from accounts.mfa.services import take_factors
from accounts.models import ApiToken, User
from accounts.services import revoke_token, revoke_tokens, switch_off, trust_token
from accounts.verification import verify_address
from web.admin import ReadOnlyAdmin

# An address is changed on its user; beside it, django-allauth's copy would only disagree.
admin.site.unregister(EmailAddress)
# Its secrets are nothing to look at; staff take factors away on the user.
admin.site.unregister(Authenticator)


class NewUserForm(UserCreationForm):  # type: ignore[misc]
    """A new user, known by e-mail."""

    class Meta:
        model = User
        fields = ["email", "name"]


class EditUserForm(UserChangeForm):  # type: ignore[misc]
    """A user; the password has a page of its own."""

    class Meta:
        model = User
        fields = "__all__"


class NewPasswordForm(AdminPasswordChangeForm):  # type: ignore[misc]
    """A new password from staff, which ends tokens as a reset does."""

    def save(self, commit: bool = True) -> User:
        """Save it and revoke the user's tokens."""
        with transaction.atomic():
            user: User = super().save(commit)
            record(Action.PASSWORD_CHANGED, user_id=user.pk)
            revoke_tokens(user=user)
        return user


LIMITS = ("submits_per_minute", "submits_per_hour")
# Whoever may give these may give them to themselves, so that only superusers do.
RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[misc, type-arg]
    """Users by e-mail."""

    form = EditUserForm
    add_form = NewUserForm
    change_password_form = NewPasswordForm
    actions = ["switch_off", "vouch", "take_factors", "delete_account", "download_data"]
    list_display = ["email", "name", "is_active", "is_staff", "verified_at", "last_login"]
    list_filter = ["is_active", "is_staff"]
    search_fields = ["email", "name"]
    ordering = ["email"]
    readonly_fields = ["verified_at", "mfa_since", "last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["email", "name", "password"]}),
        ("May", {"fields": ["is_active", *RIGHTS]}),
        ("Limits", {"fields": [*LIMITS]}),
        ("Dates", {"fields": ["verified_at", "mfa_since", "last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["email", "name", "usable_password", "password1", "password2"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Rights, too, for whoever isn't a superuser."""
        fields = list(super().get_readonly_fields(request, obj))
        return fields if caller_of(request).user.is_superuser else [*fields, *RIGHTS]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Of staff, only for superusers."""
        return bool(super().has_change_permission(request, obj)) and _reaches(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Of staff, only for superusers."""
        return bool(super().has_delete_permission(request, obj)) and _reaches(request, obj)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save; django-allauth's own row would let the old address sign in still.

        Staff vouch for the addresses that they type.
        """
        if not change or "email" in form.changed_data:
            obj.verified_at = timezone.now()
        super().save_model(request, obj, form, change)
        if change and "email" in form.changed_data:
            EmailAddress.objects.filter(user=obj).delete()

    @admin.action(description="Switch off: ends sessions, tokens and runs", permissions=["change"])
    def switch_off(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """Switch the chosen ones off."""
        for user in _reached(request, chosen.filter(is_active=True)):
            switch_off(user=user)
            self.log_change(request, user, "Switched off.")
        messages.success(request, "They can't get in any more, and what they submitted ends.")

    @admin.action(description="Vouch for the address", permissions=["change"])
    def vouch(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """Count the addresses of the chosen ones as verified."""
        for user in _reached(request, chosen.filter(verified_at=None)):
            verify_address(user=user)
            self.log_change(request, user, "Vouched for the address.")
        messages.success(request, "The chosen addresses count as verified.")

    @admin.action(description="Take second factors away", permissions=["change"])
    def take_factors(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """For people who lost their app and their codes, once it is sure that it is them."""
        for user in _reached(request, chosen.exclude(mfa_since=None)):
            with transaction.atomic():
                take_factors(user=user)
                self.log_change(request, user, "Took second factors away.")
        messages.success(request, "The chosen people sign in by password alone.")

    @admin.action(description="Delete the account, keep its bill", permissions=["change"])
    def delete_account(
        self, request: HttpRequest, chosen: QuerySet[User]
    ) -> HttpResponseRedirect | None:
        """Ask on a page of its own, for one at a time."""
        return self._of_one(request, chosen, "runs:delete-user")

    @admin.action(description="Download the user's data", permissions=["change"])
    def download_data(
        self, request: HttpRequest, chosen: QuerySet[User]
    ) -> HttpResponseRedirect | None:
        """All that the site has of one user."""
        return self._of_one(request, chosen, "api:admin-user-data")

    def _of_one(
        self, request: HttpRequest, chosen: QuerySet[User], view: str
    ) -> HttpResponseRedirect | None:
        if len(chosen) == 1:
            return redirect(view, chosen[0].pk)
        messages.error(request, "Choose one user: this is done one at a time.")
        return None

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """A user's tokens, which are revoked and not deleted by hand, go with the user."""
        listed, counts, forbidden, protected = super().get_deleted_objects(objs, request)
        return listed, counts, forbidden - {ApiToken._meta.verbose_name}, protected


def _reaches(request: HttpRequest, user: User | None) -> bool:
    """Whether who asks may change this user."""
    return user is None or caller_of(request).user.reaches(user)


def _reached(request: HttpRequest, chosen: QuerySet[User]) -> list[User]:
    """Those of the chosen whom who asks may change; it is said where that isn't all of them."""
    found = list(chosen)
    reached = [user for user in found if _reaches(request, user)]
    if len(reached) < len(found):
        messages.error(request, "Only a superuser changes staff: they stay as they are.")
    return reached


DATES = ["created_at", "expires_at", "last_used_at", "previous_expires_at", "revoked_at"]


@admin.register(ApiToken)
class ApiTokenAdmin(ModelAdmin):  # type: ignore[misc]
    """Tokens can be read and revoked here, not made: only their owner may see a key."""

    actions = ["revoke", "let_speak", "let_speak_no_more"]
    list_display = ["name", "user", "prefix", "speaks_for_users", *DATES]
    list_select_related = ["user"]
    search_fields = ["name", "prefix", "user__email"]
    fields = ["name", "user", "prefix", "scopes", "speaks_for_users", *LIMITS, *DATES]
    readonly_fields = fields

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[ApiToken]) -> None:
        """Revoke the chosen ones; what they submitted goes on."""
        for token in chosen.filter(revoked_at=None):
            revoke_token(token=token)
            self.log_change(request, token, "Revoked.")
        messages.success(request, "The keys of the chosen tokens no longer work.")

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
        return bool(super().has_change_permission(request))

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Whoever may delete tokens."""
        return bool(super().has_delete_permission(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """No."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No: a revoked token's row keeps its runs under its budgets."""
        return False


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """The audit log, to read. Its page for staff has filters and CSV."""

    list_display = ["at", "action", "actor_id", "user_id", "via", "address", "about", "about_id"]
    list_filter = ["action", "via"]
    search_fields = ["=actor_id", "=user_id", "=address", "about_id"]
    ordering = ["-id"]
