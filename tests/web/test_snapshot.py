"""A view in one snapshot sees nothing of what others commit meanwhile, and writes nothing."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import InternalError

from accounts.models import User
from tests.factories import UserFactory
from web.connections import releasing
from web.snapshot import one_snapshot

pytestmark = pytest.mark.django_db(transaction=True)


def someone_signs_up() -> None:
    with ThreadPoolExecutor(max_workers=1) as other:
        other.submit(releasing(UserFactory)).result()


def test_its_figures_are_of_one_moment() -> None:
    @one_snapshot
    def counted_twice() -> tuple[int, int]:
        before = User.objects.count()
        someone_signs_up()
        return before, User.objects.count()

    before, after = counted_twice()
    assert before == after
    assert User.objects.count() == before + 1


def test_it_writes_nothing() -> None:
    with pytest.raises(InternalError, match="read-only"):
        one_snapshot(UserFactory)()


def test_the_next_view_sees_all() -> None:
    count = one_snapshot(User.objects.count)
    before = count()
    someone_signs_up()
    assert count() == before + 1
