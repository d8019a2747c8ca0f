-- Write events whose numbers the run's `last_seq` counts already; the last one's is `p_last`. For
-- those who change the run row anyway. Returns them as the stream tells them.
CREATE FUNCTION runs_write_v1(p_run uuid, p_last int, p_events jsonb) RETURNS jsonb
LANGUAGE sql AS $$
    WITH written AS (
        INSERT INTO runs_runevent (run_id, seq, type, at, data)
        SELECT
            p_run, p_last - jsonb_array_length(p_events) + e.position, e.event ->> 'type',
            clock_timestamp(), e.event -> 'data'
        FROM jsonb_array_elements(p_events) WITH ORDINALITY AS e (event, position)
        RETURNING seq, type, at, data
    )
    SELECT coalesce(jsonb_agg(
        jsonb_build_object(
            'seq', seq,
            'type', type,
            'at', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
            'data', data
        ) ORDER BY seq
    ), '[]'::jsonb) FROM written
$$;
