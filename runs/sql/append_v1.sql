-- Append events to a run's stream and return them with their numbers. The caller holds the run
-- row's lock, which makes the numbers gapless.
CREATE FUNCTION runs_append_v1(p_run uuid, p_events jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_last int;
    v_appended jsonb;
BEGIN
    IF jsonb_array_length(p_events) = 0 THEN
        RETURN '[]'::jsonb;
    END IF;
    UPDATE runs_run SET last_seq = last_seq + jsonb_array_length(p_events)
    WHERE id = p_run RETURNING last_seq INTO v_last;
    WITH appended AS (
        INSERT INTO runs_runevent (run_id, seq, type, at, data)
        SELECT
            p_run, v_last - jsonb_array_length(p_events) + e.position, e.event ->> 'type',
            clock_timestamp(), e.event -> 'data'
        FROM jsonb_array_elements(p_events) WITH ORDINALITY AS e (event, position)
        RETURNING seq, type, at, data
    )
    SELECT jsonb_agg(
        jsonb_build_object(
            'seq', seq,
            'type', type,
            'at', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
            'data', data
        ) ORDER BY seq
    ) INTO v_appended FROM appended;
    RETURN v_appended;
END $$;
