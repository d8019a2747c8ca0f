"""Users in the admin: their rights, their limits, and what staff do for them."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from allauth.account.models import EmailAddress
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from unfold.forms import AdminPasswordChangeForm, UserCreationForm

from accounts.audit.record import record
from accounts.audit_models import Action
from accounts.caller import caller_of
from accounts.mfa.services import take_factors
from accounts.models import ApiToken, User
from accounts.services import revoke_tokens, switch_off
from accounts.verification import verify_address
from web.admin import Link, SiteAdmin, confirmed
from web.admin.columns import badge, column, moment, number, rows_of, yes

LIMITS = ("submits_per_minute", "submits_per_hour")
# Whoever may give these may give them to themselves, so that only superusers do.
RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


class NewUserForm(UserCreationForm):  # type: ignore[misc]
    """A new user, known by e-mail."""

    class Meta:
        model = User
        fields = ["email", "name"]


class EditUserForm(forms.ModelForm):  # type: ignore[type-arg]
    """A user; the password has a page of its own."""

    class Meta:
        model = User
        fields: ClassVar = ["email", "name", "is_active", *RIGHTS, *LIMITS]
        labels: ClassVar = {
            "email": "Email",
            "is_active": "May sign in",
            "is_staff": "Staff",
            "is_superuser": "Superuser",
            "user_permissions": "Permissions",
        }
        help_texts: ClassVar = {
            "is_active": "Switched off, nobody signs in, API tokens stop working, and runs end. "
            "What was spent stays on the books.",
            "is_staff": "Sees Operations, and in this admin what groups and permissions allow.",
            "is_superuser": "May do everything, and gives rights to others.",
            "groups": "",
            "user_permissions": "Beside those of the groups.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if chosen := self.fields.get("user_permissions"):
            # Each is named after its model.
            chosen.queryset = Permission.objects.select_related("content_type")  # type: ignore[attr-defined]


class NewPasswordForm(AdminPasswordChangeForm):  # type: ignore[misc]
    """A new password from staff, which ends tokens as a reset does."""

    def save(self, commit: bool = True) -> User:
        """Save it and revoke the user's tokens."""
        with transaction.atomic():
            user: User = super().save(commit)
            record(Action.PASSWORD_CHANGED, user_id=user.pk)
            revoke_tokens(user=user)
        return user


DATES = (
    moment("verified_at", "Address verified"),
    moment("mfa_since", "Second factor since"),
    moment("last_login", "Last sign-in"),
    moment("date_joined", "Joined"),
)


def _state(user: User) -> str:
    if user.deleted_at is not None:
        return badge("Deleted")
    if not user.is_active:
        return badge("Switched off", "bad")
    return badge("Active", "ok") if user.verified_at else badge("Not verified", "warn")


@admin.register(User)
class UserAdmin(DjangoUserAdmin, SiteAdmin):  # type: ignore[misc, type-arg]
    """Users by e-mail."""

    form = EditUserForm
    add_form = NewUserForm
    change_password_form = NewPasswordForm
    actions = ["switch_off", "vouch", "take_factors", "delete_account", "download_data"]
    list_display = [
        "email",
        column("name", "Name", lambda user: user.name or "—"),
        column("state", "State", _state),
        yes("is_staff", "Staff"),
        yes("mfa_since", "Second factor", "set up"),
        number("submits_per_minute", "Submits a minute"),
        number("submits_per_hour", "An hour"),
        moment("last_login", "Last sign-in"),
        moment("date_joined", "Joined"),
    ]
    list_filter = ["is_active", "is_staff", "groups"]
    search_fields = ["email", "name"]
    search_help_text = "An email or a name"
    ordering = ["email"]
    readonly_fields = [*DATES]  # type: ignore[list-item]
    fieldsets = [
        (None, {"fields": ["email", "name"]}),
        (
            "May",
            {
                "fields": ["is_active", *RIGHTS],
                "description": "Staff see Operations and the admin: there, what their groups and "
                "permissions let them see. Only superusers give rights.",
            },
        ),
        (
            "Limits",
            {
                "fields": [*LIMITS],
                "description": "How often this user may submit. Left empty, the site’s limits "
                "hold; 0 lets nothing in. What the user may spend is a budget.",
            },
        ),
        ("Dates", {"fields": [*DATES]}),  # type: ignore[list-item]
    ]
    add_fieldsets = [
        (None, {"fields": ["email", "name", "usable_password", "password1", "password2"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Rights, too, for whoever isn't a superuser."""
        fields = list(super().get_readonly_fields(request, obj))
        return fields if caller_of(request).user.is_superuser else [*fields, *RIGHTS]

    def links(self, request: HttpRequest, row: User) -> Sequence[Link]:
        """What belongs to this user, in every app."""
        return (
            Link("Runs", rows_of("runs_run", owner__id__exact=row.pk)),
            Link("Ledger", rows_of("billing_ledgerentry", owner__id__exact=row.pk)),
            Link("Daily sums", rows_of("billing_usagerollup", owner__id__exact=row.pk)),
            Link("Budgets", rows_of("billing_budget", user__id__exact=row.pk)),
            Link("API tokens", rows_of("accounts_apitoken", user__id__exact=row.pk)),
            Link("Audit log", rows_of("accounts_auditentry", user_id__exact=row.pk)),
            *self._new_password(request, row),
        )

    def _new_password(self, request: HttpRequest, row: User) -> Iterator[Link]:
        if self.has_change_permission(request, row):
            page = reverse("admin:auth_user_password_change", args=[row.pk])
            yield Link("Set a new password", page)

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

    @confirmed(
        "Switch these people off? Their sessions end, their tokens stop working and their runs "
        "are cancelled. Switching them on again brings none of that back.",
        button="Switch off",
    )
    @admin.action(description="Switch off: ends sessions, tokens and runs", permissions=["change"])
    def switch_off(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """Switch the chosen ones off."""
        for user in _reached(request, chosen.filter(is_active=True)):
            switch_off(user=user)
            self.log_change(request, user, "Switched off.")
        messages.success(request, "They can't get in any more, and what they submitted ends.")

    @confirmed(
        "Count these addresses as verified, without a link that was sent there?",
        button="Vouch",
    )
    @admin.action(description="Vouch for the address", permissions=["change"])
    def vouch(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """Count the addresses of the chosen ones as verified."""
        for user in _reached(request, chosen.filter(verified_at=None)):
            verify_address(user=user)
            self.log_change(request, user, "Vouched for the address.")
        messages.success(request, "The chosen addresses count as verified.")

    @confirmed(
        "Take the second factors of these people away? Until they set one up again, their "
        "password alone lets them in. Be sure that it is they who ask.",
        button="Take away",
    )
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
