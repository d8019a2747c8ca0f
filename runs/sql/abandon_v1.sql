-- A worker gives up a run that it can't bring to an end itself. Another one may; a suspect, which had
-- its chances, fails. outcome: abandoned | failed | cancelled | fenced
CREATE FUNCTION runs_abandon_v1(p_run uuid, p_epoch int) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_run record;
    v_end record;
BEGIN
    SELECT r.status, r.epoch, r.attempt, w.name INTO v_run
    FROM runs_run r LEFT JOIN runs_worker w ON w.id = r.worker_id
    WHERE r.id = p_run FOR UPDATE OF r;
    IF v_run.epoch IS DISTINCT FROM p_epoch OR v_run.status NOT IN ('running', 'cancelling') THEN
        RETURN jsonb_build_object('outcome', 'fenced');
    END IF;
    IF runs_suspect_v1(v_run.attempt) THEN
        v_end := runs_give_up_v1(p_run, jsonb_build_object(
            'code', 'internal',
            'message', 'Something is wrong on our side. Reference: ' || p_run || '.'
        ));
        RETURN jsonb_build_object('outcome', v_end.status, 'events', v_end.events);
    END IF;
    RETURN jsonb_build_object(
        'outcome', 'abandoned', 'events', runs_take_back_v1(p_run, v_run.name)
    );
END $$;
