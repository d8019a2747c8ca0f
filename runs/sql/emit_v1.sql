-- Write events that change no other row, apart from what a replayed step saved. A step counts as
-- saved once, however often it is read back, so that a run's savings are the sum of its steps'.
-- outcome: written | fenced
CREATE FUNCTION runs_emit_v1(
    p_run uuid, p_epoch int, p_events jsonb, p_replayed bigint
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_run record;
    v_saved numeric;
BEGIN
    SELECT status, epoch INTO v_run FROM runs_run WHERE id = p_run FOR UPDATE;
    IF v_run.epoch IS DISTINCT FROM p_epoch OR v_run.status NOT IN ('running', 'cancelling') THEN
        RETURN jsonb_build_object('outcome', 'fenced');
    END IF;
    UPDATE runs_step SET replayed = true WHERE id = p_replayed AND NOT replayed
    RETURNING cost_usd INTO v_saved;
    IF FOUND THEN
        UPDATE runs_run SET saved_usd = saved_usd + v_saved WHERE id = p_run;
    END IF;
    RETURN jsonb_build_object('outcome', 'written', 'events', runs_append_v1(p_run, p_events));
END $$;
