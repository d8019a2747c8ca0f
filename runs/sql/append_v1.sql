-- Append events to a run's stream and return them with their numbers. The caller holds the run
-- row's lock, which makes the numbers gapless.
CREATE FUNCTION runs_append_v1(p_run uuid, p_events jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_last int;
BEGIN
    IF jsonb_array_length(p_events) = 0 THEN
        RETURN '[]'::jsonb;
    END IF;
    UPDATE runs_run SET last_seq = last_seq + jsonb_array_length(p_events)
    WHERE id = p_run RETURNING last_seq INTO v_last;
    RETURN runs_write_v1(p_run, v_last, p_events);
END $$;
