"""The SQL functions of the hot paths, one file each, loaded by migrations."""

from pathlib import Path

from django.db.migrations import RunSQL

DROP = """
    DO $$
    DECLARE
        v_function regprocedure;
    BEGIN
        FOR v_function IN SELECT oid FROM pg_proc WHERE proname ~ '^{app}_.*_v1$' LOOP
            EXECUTE 'DROP FUNCTION ' || v_function;
        END LOOP;
    END $$
"""


def create_functions(folder: Path) -> list[RunSQL]:
    """Migration operations that make an app's functions anew from every `*_v1.sql` of the folder.

    Nothing checks the bodies, since a later migration may make what they name.
    """
    texts = [path.read_text() for path in sorted(folder.glob("*_v1.sql"))]
    unchecked = "SET LOCAL check_function_bodies = off"
    return [RunSQL(text) for text in (unchecked, DROP.format(app=folder.parent.name), *texts)]
