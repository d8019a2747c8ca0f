-- A worker that shuts down gives a run back to the queue; no attempt is used up.
-- outcome: queued | fenced | cancelling | dispatched
CREATE FUNCTION runs_hand_back_v1(p_run uuid, p_epoch int) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_run record;
BEGIN
    SELECT status, epoch INTO v_run FROM runs_run WHERE id = p_run FOR UPDATE;
    IF v_run.epoch IS DISTINCT FROM p_epoch OR v_run.status NOT IN ('running', 'cancelling') THEN
        RETURN jsonb_build_object('outcome', 'fenced');
    END IF;
    PERFORM 1 FROM billing_hold WHERE run_id = p_run AND state = 'dispatched';
    IF FOUND THEN
        RETURN jsonb_build_object('outcome', 'dispatched');
    END IF;
    IF v_run.status = 'cancelling' THEN
        RETURN jsonb_build_object('outcome', 'cancelling');
    END IF;
    UPDATE runs_run SET
        status = 'queued', epoch = epoch + 1, worker_id = NULL,
        held_usd = held_usd - billing_release_v1(p_run, false)
    WHERE id = p_run;
    RETURN jsonb_build_object(
        'outcome', 'queued',
        'events', runs_append_v1(p_run, jsonb_build_array(jsonb_build_object(
            'type', 'notice', 'data', jsonb_build_object(
                'code', 'handed_back',
                'message', 'The worker is shutting down; another one takes over.'
            )
        )))
    );
END $$;
