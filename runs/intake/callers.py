"""Who sends an `Authorization` header, in one statement for all who ask at a time."""

import asyncio
from collections.abc import Sequence

from django.db import DEFAULT_DB_ALIAS, DatabaseError
from django.db.models import Model

from accounts.bearers import admit_token, admit_user, key_in, looked_up
from accounts.caller import Caller
from accounts.errors import TokenRefused
from accounts.jwts import Claims
from accounts.models import ApiToken, User
from accounts.services import note_token_use, used_lately
from billing.statements import Row, Statement
from runs.intake.database import fetch
from web.connections import in_any_thread
from web.together import Together


def _columns(model: type[Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


TOKEN, USER = _columns(ApiToken), _columns(User)
PRESENT, PREVIOUS = (len(USER) + TOKEN.index(name) for name in ("digest", "previous_digest"))
OF_USER = ", ".join(f"u.{name}" for name in USER)
OF_TOKEN = ", ".join(f"t.{name}" for name in TOKEN)
FIND_TOKEN = f"""
    SELECT {OF_USER}, {OF_TOKEN} FROM accounts_apitoken t JOIN accounts_user u ON u.id = t.user_id
    WHERE t.digest = ANY(%s) OR t.previous_digest = ANY(%s)
"""  # noqa: S608 - our own names
FIND_USER = f"SELECT {OF_USER} FROM accounts_user u WHERE u.id = %s"  # noqa: S608 - our own names

_noting: set[asyncio.Task[None]] = set()


async def caller_with(header: str) -> Caller | None:
    """Who it is; None where that can't be told, or there is something against the key."""
    try:
        key = key_in(header)
        return await _caller(key) if key else None
    except (TokenRefused, DatabaseError):
        return None


async def _caller(key: str) -> Caller:
    wanted = looked_up(key)
    if isinstance(wanted, Claims):
        return admit_user(await fetch(Statement(FIND_USER, (wanted.user_id,), _user)), wanted)
    caller = admit_token(_token(await _tokens.call(wanted.text)), wanted)
    if caller.token and not used_lately(caller.token):
        _note_use(caller.token)
    return caller


async def _rows_of(digests: Sequence[str]) -> list[Row | None]:
    """The rows of the tokens that have these digests now, or had them before."""
    wanted = [*{*digests}]
    rows = await fetch(Statement(FIND_TOKEN, (wanted, wanted), list))
    found = {row[PREVIOUS]: row for row in rows} | {row[PRESENT]: row for row in rows}
    return [found.get(digest) for digest in digests]


# The next ones are asked for while Postgres is still at these.
_tokens = Together(_rows_of, at_once=2)


def _user(rows: Sequence[Row]) -> User | None:
    return User.from_db(DEFAULT_DB_ALIAS, USER, rows[0][: len(USER)]) if rows else None


def _token(row: Row | None) -> ApiToken | None:
    if row is None:
        return None
    token = ApiToken.from_db(DEFAULT_DB_ALIAS, TOKEN, row[len(USER) :])
    token.user = User.from_db(DEFAULT_DB_ALIAS, USER, row[: len(USER)])
    return token


def _note_use(token: ApiToken) -> None:
    """Once a minute, beside the request."""
    task = asyncio.ensure_future(in_any_thread(note_token_use)(token=token))
    _noting.add(task)
    task.add_done_callback(_noting.discard)
