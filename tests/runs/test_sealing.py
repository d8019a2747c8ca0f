"""Secrets are kept sealed."""

import pytest

from runs.sealing import MCP_TOKENS, WEBHOOK_SECRETS
from web.sealing import Unreadable

seal, unseal = MCP_TOKENS.seal, MCP_TOKENS.unseal


def test_what_is_kept_does_not_show_the_secret():
    kept = seal("s3cret")
    assert "s3cret" not in kept
    assert unseal(kept) == "s3cret"
    assert seal("s3cret") != kept


def test_nothing_stays_nothing():
    assert seal("") == ""
    assert unseal("") == ""


def test_another_key_opens_it_only_while_it_knows_the_old_one(settings):
    kept, old = seal("s3cret"), settings.SECRET_KEY
    settings.SECRET_KEY = "another" * 8
    with pytest.raises(Unreadable):
        unseal(kept)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert unseal(kept) == "s3cret"


def test_what_was_sealed_for_one_purpose_opens_for_no_other():
    with pytest.raises(Unreadable):
        WEBHOOK_SECRETS.unseal(seal("s3cret"))
