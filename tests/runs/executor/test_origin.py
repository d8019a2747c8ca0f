"""What a provider is told of a run's owner and of the run."""

from uuid import UUID

from runs.executor.origin import origin_of

RUN, OTHER = UUID(int=1), UUID(int=2)


def test_a_user_has_one_pseudonym_on_a_site():
    assert origin_of(RUN, 7).safety_identifier == origin_of(OTHER, 7).safety_identifier
    assert origin_of(RUN, 7).safety_identifier != origin_of(RUN, 8).safety_identifier


def test_the_pseudonym_is_made_with_the_sites_secret(settings):
    before = origin_of(RUN, 7).safety_identifier
    settings.SECRET_KEY = "y" * 60
    assert origin_of(RUN, 7).safety_identifier != before


def test_each_run_has_a_cache_key_of_its_own():
    assert origin_of(RUN, 7).cache_key == str(RUN) != origin_of(OTHER, 7).cache_key
