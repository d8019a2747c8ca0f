"""How each kind of detail of some runs is deleted: one statement each, which notes it on the run.

All of them take `%(runs)s`, the ids of ended runs whose rows the caller has locked, and
`%(days)s`, the days that are noted; they return how many rows were deleted or emptied.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from runs.details import Detail

# A response of the OpenAI API that can't be read whole any more is not found there.
FORGET_RESPONSE = """
    CASE WHEN config ? 'front' THEN jsonb_set(config, '{front,store}', 'false') ELSE config END
"""
# What decides how the run went without being a text of its owner.
CONFIG_KEPT = """
    '{"custom_instructions": "", "goals": [], "prompts": {}, "answer_schema": "", "declared": {}}'
    || jsonb_strip_nulls(jsonb_build_object(
        'roles', config -> 'roles', 'providers', config -> 'providers',
        'reasoning_effort', config -> 'reasoning_effort', 'verbosity', config -> 'verbosity'
    ))
    || CASE WHEN config ? 'front' THEN jsonb_build_object('front', jsonb_build_object(
        'api', config #> '{front,api}', 'store', false
    )) ELSE '{}' END
"""
# Of an error that has words of its own, such as a model's refusal, the code stays.
NO_WORDS = """CASE WHEN error ? 'message' THEN '{"message": ""}'::jsonb ELSE '{}' END"""
NOTE = "deleted_details = deleted_details || jsonb_build_object('{kind}', %(days)s::int)"
ROWS_OF = """
    WITH deleted AS (DELETE FROM {table} WHERE run_id = ANY (%(runs)s) RETURNING run_id),
    noted AS (
        UPDATE runs_run SET {note}, config = {config}
        WHERE id IN (SELECT run_id FROM deleted)
    )
    SELECT count(*) FROM deleted
"""
COLUMNS_OF = """
    WITH emptied AS (
        UPDATE runs_run SET {columns} WHERE id = ANY (%(runs)s) AND ({any_there}) RETURNING 1
    )
    SELECT count(*) FROM emptied
"""


def _rows(detail: Detail, table: str) -> str:
    note = NOTE.format(kind=detail.value)
    return ROWS_OF.format(table=table, note=note, config=FORGET_RESPONSE)


def _columns(detail: Detail, columns: str, any_there: str) -> str:
    note = NOTE.format(kind=detail.value)
    return COLUMNS_OF.format(columns=f"{columns}, {note}", any_there=any_there)


STATEMENTS: dict[Detail, str] = {
    Detail.STEPS: _rows(Detail.STEPS, "runs_step"),
    Detail.EVENTS: _rows(Detail.EVENTS, "runs_runevent"),
    # Without its digest, the answer isn't given again from the cache.
    Detail.ANSWER: _columns(
        Detail.ANSWER,
        "answer = NULL, partial = NULL, sources = '[]', cache_digest = NULL,"
        f" error = error || {NO_WORDS}, feedback_comment = '', config = {FORGET_RESPONSE}",
        "answer IS NOT NULL OR partial IS NOT NULL OR sources <> '[]'"
        " OR error ->> 'message' <> '' OR feedback_comment <> ''",
    ),
    Detail.TASK: _columns(
        Detail.TASK, f"task = '', cache_digest = NULL, config = {CONFIG_KEPT}", "task <> ''"
    ),
}
FORGET_KEYS = COLUMNS_OF.format(
    columns="idempotency_key = NULL, request_hash = ''", any_there="idempotency_key IS NOT NULL"
)
FORGET_LABELS = COLUMNS_OF.format(
    columns="metadata = '{}', tags = '[]', session_id = '', traceparent = '', prompt_set = NULL,"
    """ deleted_details = deleted_details || '{"owner": 0}'""",
    any_there="true",
)


def delete_detail(detail: Detail, runs: Sequence[UUID], *, days: int) -> int:
    """Delete one kind of detail of these runs; returns the number of rows."""
    return execute(STATEMENTS[detail], runs, days=days)


def forget_keys(runs: Sequence[UUID]) -> int:
    """Delete the idempotency keys of these runs: sent again, such a key makes a new run."""
    return execute(FORGET_KEYS, runs)


def forget_labels(runs: Sequence[UUID]) -> int:
    """Delete what the owner said of these runs, but the customer, to whom they were charged."""
    return execute(FORGET_LABELS, runs)


def execute(statement: str, runs: Sequence[UUID], *, days: int = 0) -> int:
    """Execute one of the statements above."""
    with connection.cursor() as cursor:
        cursor.execute(statement, {"runs": list(runs), "days": days})
        (count,) = cursor.fetchone() or (0,)
        return int(count)
