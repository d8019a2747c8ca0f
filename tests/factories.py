"""Rows for tests: users, tokens, workers and queued runs. `tests.journal` gives runs a history."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from factory.declarations import Dict, LazyFunction, List, Sequence, SubFactory
from factory.django import DjangoModelFactory
from factory.helpers import post_generation

from accounts.models import ApiToken, User
from billing.models import Budget
from billing.services import create_budget
from billing.statements import run as execute
from runs import functions
from runs.events import RunQueued
from runs.models import Run, Worker

PASSWORD = "correct horse battery staple"


class UserFactory(DjangoModelFactory[User]):
    """A user who can sign in with `PASSWORD`."""

    class Meta:
        model = User

    email = Sequence(lambda n: f"user{n}@example.com")
    name = Sequence(lambda n: f"User Number{n}")

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        password = kwargs.pop("password", PASSWORD)
        return model_class.objects.create_user(kwargs.pop("email"), password, **kwargs)


class StaffFactory(UserFactory):
    """An operator."""

    is_staff = True


class ApiTokenFactory(DjangoModelFactory[ApiToken]):
    """A token with all scopes; its key is on `token.key`."""

    class Meta:
        model = ApiToken

    user = SubFactory(UserFactory)
    name = "test"

    @classmethod
    def _create(cls, model_class: type[ApiToken], *args: Any, **kwargs: Any) -> ApiToken:
        token, key = model_class.objects.issue(*args, **kwargs)
        token.key = key  # type: ignore[attr-defined]
        return token


def set_budget(limit: object = 10, **options: Any) -> Budget:
    """A hard budget of the site a month, where nothing else is said."""
    terms: dict[str, Any] = {"scope": "site", "period": "month", "limit_usd": Decimal(str(limit))}
    return create_budget(**(terms | options))


class WorkerFactory(DjangoModelFactory[Worker]):
    """A worker whose lease is good."""

    class Meta:
        model = Worker

    name = Sequence(lambda n: f"w-{n + 1}")
    capacity = 10
    expires_at = LazyFunction(lambda: timezone.now() + timedelta(seconds=15))


class RunFactory(DjangoModelFactory[Run]):
    """A queued run with its first event, as a submit leaves it."""

    class Meta:
        model = Run
        skip_postgeneration_save = True

    owner = SubFactory(UserFactory)
    task = Sequence(lambda n: f"What is {n} times 7?")
    pattern = "react"
    params = Dict({"max_iterations": 5})
    tools = List(["calculator"])
    model = "auto"
    chosen_model = "gpt-4.1-mini"
    routing_reason = "A simple task: short and plain."
    provider = "simulator"
    simulated = True
    config = Dict({"custom_instructions": "", "goals": [], "prompts": Dict({}), "roles": {}})
    deadline_at = LazyFunction(lambda: timezone.now() + timedelta(hours=1))

    @post_generation  # type: ignore[untyped-decorator]
    def queued_event(run: Run, create: bool, extracted: Any, **kwargs: Any) -> None:  # noqa: N805
        """Write `run.queued`, the first event of every run."""
        execute(functions.append_event(run_id=run.pk, event=RunQueued()))
        run.refresh_from_db()
