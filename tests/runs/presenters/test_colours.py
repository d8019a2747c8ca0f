"""A model has one colour on all pages, and two in one chart never share theirs."""

from runs.presenters.colours import model_colours, pattern_colours

MODELS = ["a", "b", "c", "d", "e", "f"]


def test_it_is_that_of_its_place_on_the_site_whatever_else_is_drawn(settings):
    settings.PROVIDER_MODELS = MODELS
    assert model_colours(["c", "a"]) == {"c": 3, "a": 1}
    assert model_colours(["b", "c"]) == {"b": 2, "c": 3}


def test_of_two_with_one_colour_the_dearer_keeps_it(settings):
    settings.PROVIDER_MODELS = MODELS
    assert model_colours(["e", "b", "a"]) == {"e": 1, "b": 2, "a": 3}
    found = model_colours(["f", "e", "b", "a", "c"])
    assert sorted(found.values()) == [1, 2, 3, 4, 5]


def test_what_the_site_no_longer_has_takes_a_free_one(settings):
    settings.PROVIDER_MODELS = MODELS
    assert model_colours(["gone", "a"]) == {"a": 1, "gone": 2}


def test_patterns_have_theirs_too():
    both = pattern_colours(["react", "reflection"])
    assert both["react"] == pattern_colours(["react"])["react"] != both["reflection"]
