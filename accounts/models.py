"""The user, who signs in by e-mail, and the API tokens that act for a user."""

import hashlib
import secrets
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

import accounts.audit_models
import accounts.sign_in_models  # noqa: F401 - models of this app
from accounts.addresses import NORMAL
from accounts.fields import AddressField
from web.ids import uuid7

KEY_PREFIX = "ags_"
SHOWN_CHARACTERS = 10


# How the owner of ledger lines is shown who was deleted.
DELETED = "Deleted user"


class UserManager(BaseUserManager["User"]):
    """Creates users by e-mail; there are no user names."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user whose address is vouched for, unless `verified_at` is None.

        Raises `ValidationError` for what is no address.
        """
        user = self.model(email=email, **{"verified_at": timezone.now(), **fields})
        user.set_password(password)
        # What others do with a new user, such as giving a budget, happens with it or not at all.
        with transaction.atomic(using=self._db):
            user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user who may do everything."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find a user by e-mail, however it is typed."""
        return self.get(email=username)

    def with_address(self, address: str) -> "User | None":
        """The user with this e-mail address, however it is typed."""
        return self.filter(email=address).first()


class SubmitLimits(models.Model):
    """How often a user or a token may submit, where staff or its owner said so."""

    submits_per_minute = models.PositiveIntegerField(
        null=True, blank=True, help_text="In place of the site’s limit."
    )
    submits_per_hour = models.PositiveIntegerField(
        null=True, blank=True, help_text="In place of the site’s limit."
    )

    class Meta:
        abstract = True


class User(SubmitLimits, AbstractUser):
    """Someone who signs in. `email` is the login; `name` is what pages show.

    `verified_at` is when a link that was sent to the address came back, or staff vouched for it;
    `mfa_since` is when the second factor was added that signing in asks for.
    One who was deleted keeps the row, which the ledger names, and nothing that tells who it was.
    """

    username = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = AddressField("email address", unique=True)
    name = models.CharField(max_length=150, blank=True)
    verified_at = models.DateTimeField("address verified", null=True, blank=True, editable=False)
    mfa_since = models.DateTimeField("second factor since", null=True, blank=True, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    erased_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Deleted, and nothing is left but the bill"
    )

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(email__regex=NORMAL), name="user_email_is_normal")
        ]
        indexes = [
            # Few: those whose runs are still to be emptied.
            models.Index(
                fields=["deleted_at"],
                name="user_to_erase",
                condition=Q(deleted_at__isnull=False, erased_at=None),
            )
        ]

    def __str__(self) -> str:
        return str(self.email)

    @property
    def lacks_mfa(self) -> bool:
        """True for staff who have to set up a second factor before they do anything else."""
        return bool(settings.STAFF_MFA_REQUIRED) and self.is_staff and self.mfa_since is None

    def manages(self, other: "User") -> bool:
        """True for staff who may change, download and delete that account; superusers all.

        Who could change staff could make themselves a superuser.
        """
        if self.is_superuser:
            return True
        return self.is_staff and self.has_perm("accounts.change_user") and self.reaches(other)

    def reaches(self, other: "User") -> bool:
        """True where nothing but a permission is missing: only superusers touch staff."""
        return self.is_superuser or not other.is_staff

    @property
    def display_name(self) -> str:
        """The name, or the part of the e-mail before the @."""
        if self.deleted_at is not None:
            return DELETED
        return self.name or self.email.split("@")[0]

    @property
    def initials(self) -> str:
        """One or two letters for the avatar."""
        words = self.display_name.replace(".", " ").split()
        return "".join(word[0] for word in words[:2]).upper()

    def get_full_name(self) -> str:
        """The name that Django's admin shows."""
        return self.display_name


class Scope(models.TextChoices):
    """What an API token may do."""

    RUNS_READ = "runs:read", "Read runs"
    RUNS_WRITE = "runs:write", "Submit and cancel runs"
    USAGE_READ = "usage:read", "Read usage"
    ADMIN = "admin", "Administer the site"

    @classmethod
    def of(cls, user: User) -> list[str]:
        """What a token of this user may be given: only one of staff administers."""
        return [scope for scope in cls.values if user.is_staff or scope != cls.ADMIN]


def new_key() -> str:
    """A key that nobody guesses."""
    return KEY_PREFIX + secrets.token_urlsafe(32)


def key_digest(key: str) -> str:
    """SHA-256 of a key, in hex. Keys are long and random, so no slow hash is needed."""
    return hashlib.sha256(key.encode()).hexdigest()


class ApiTokenManager(models.Manager["ApiToken"]):
    """Creates tokens and finds them by key."""

    def issue(
        self,
        *,
        user: User,
        name: str,
        scopes: list[str] | None = None,
        expires_at: datetime | None = None,
        submits_per_minute: int | None = None,
        submits_per_hour: int | None = None,
    ) -> tuple["ApiToken", str]:
        """Create a token and return it with its key, which is never shown again."""
        key = new_key()
        token = self.create(
            user=user,
            name=name,
            prefix=key[:SHOWN_CHARACTERS],
            digest=key_digest(key),
            scopes=Scope.of(user) if scopes is None else scopes,
            expires_at=expires_at,
            submits_per_minute=submits_per_minute,
            submits_per_hour=submits_per_hour,
        )
        return token, key

    def by_digest(self, digest: str) -> "ApiToken | None":
        """The token with this key, or once with it, and its user, in one query.

        Expired and revoked ones too.
        """
        either = Q(digest=digest) | Q(previous_digest=digest)
        return self.select_related("user").filter(either).first()

    def by_key(self, key: str) -> "ApiToken | None":
        """The same, by the key itself."""
        return self.by_digest(key_digest(key))

    def working_with(self, digest: str) -> models.QuerySet["ApiToken"]:
        """The token that lets in with this key, if any, by the database's clock."""
        rotated = Q(previous_digest=digest, previous_expires_at__gt=Now())
        return self.live().filter(Q(digest=digest) | rotated, user__is_active=True)

    def unrevoked(self) -> models.QuerySet["ApiToken"]:
        """The tokens that people see and set budgets for; expired ones too."""
        return self.filter(revoked_at=None)

    def live(self) -> models.QuerySet["ApiToken"]:
        """Those of them that haven't expired."""
        return self.unrevoked().filter(Q(expires_at=None) | Q(expires_at__gt=Now()))


class ApiToken(SubmitLimits):
    """A named key of a user. Only its SHA-256 is stored.

    A revoked token keeps its row: its runs go on, and its budgets bind them. One that was rotated
    is let in with its previous key as well, until `previous_expires_at`.
    """

    # Of the key that came with the request for which the token was read.
    used_digest: str | None = None

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=SHOWN_CHARACTERS, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope.choices))
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    speaks_for_users = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Of a chat site: its requests under /v1/ may name the user whom they are for.",
    )
    previous_digest = models.CharField(max_length=64, unique=True, null=True, editable=False)
    previous_expires_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[ApiTokenManager] = ApiTokenManager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="apitoken_has_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def expired(self) -> bool:
        """True once the expiry has passed."""
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def previous_works_until(self) -> datetime | None:
        """When the key before this one stops working; None where there is none any more."""
        until = self.previous_expires_at
        return until if until is not None and until > timezone.now() else None

    def replaced(self, digest: str) -> bool:
        """True for the digest of a previous key that works no more."""
        return digest == self.previous_digest and self.previous_works_until is None
