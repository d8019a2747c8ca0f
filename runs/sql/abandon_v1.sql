-- A worker gives up a run that it can't bring to an end itself. outcome: abandoned | fenced
CREATE FUNCTION runs_abandon_v1(p_run uuid, p_epoch int) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_run record;
BEGIN
    SELECT r.status, r.epoch, w.name INTO v_run
    FROM runs_run r LEFT JOIN runs_worker w ON w.id = r.worker_id
    WHERE r.id = p_run FOR UPDATE OF r;
    IF v_run.epoch IS DISTINCT FROM p_epoch OR v_run.status NOT IN ('running', 'cancelling') THEN
        RETURN jsonb_build_object('outcome', 'fenced');
    END IF;
    RETURN jsonb_build_object(
        'outcome', 'abandoned', 'events', runs_take_back_v1(p_run, v_run.name)
    );
END $$;
