-- A tool call begins or ends: its journal row and its events. Idempotent by (key, attempt, status),
-- so that a lost COMMIT reply can be met by asking again. outcome: written | fenced
CREATE FUNCTION runs_step_v1(
    p_run uuid, p_epoch int, p_step jsonb, p_events jsonb
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_run record;
    v_status text := p_step ->> 'status';
BEGIN
    SELECT status, epoch INTO v_run FROM runs_run WHERE id = p_run FOR UPDATE;
    IF v_run.epoch IS DISTINCT FROM p_epoch OR v_run.status NOT IN ('running', 'cancelling') THEN
        RETURN jsonb_build_object('outcome', 'fenced');
    END IF;
    PERFORM 1 FROM runs_step
    WHERE run_id = p_run AND key = p_step ->> 'key'
        AND attempt = (p_step ->> 'attempt')::int AND status = v_status;
    IF FOUND THEN
        RETURN jsonb_build_object('outcome', 'written', 'events', '[]'::jsonb);
    END IF;
    INSERT INTO runs_step AS s (run_id, key, attempt, kind, label, status, digest, request)
    VALUES (
        p_run, p_step ->> 'key', (p_step ->> 'attempt')::int, 'tool', p_step ->> 'label', v_status,
        p_step ->> 'digest', p_step -> 'request'
    )
    ON CONFLICT ON CONSTRAINT step_unique DO UPDATE SET
        status = excluded.status,
        response = p_step -> 'response',
        error = NULLIF(p_step -> 'error', 'null'::jsonb),
        finished_at = now(),
        duration_ms = (p_step ->> 'duration_ms')::bigint;
    IF v_status IN ('done', 'failed') THEN
        UPDATE runs_run SET tool_calls = tool_calls + 1 WHERE id = p_run;
    END IF;
    RETURN jsonb_build_object('outcome', 'written', 'events', runs_append_v1(p_run, p_events));
END $$;
