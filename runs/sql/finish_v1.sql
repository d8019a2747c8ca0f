-- End a run. A run whose cancellation was asked for ends as cancelled whatever it had reached.
-- Refuses while a call's money is dispatched: a run never ends before its cost is known.
-- outcome: finished | fenced | dispatched
CREATE FUNCTION runs_finish_v1(
    p_run uuid, p_epoch int, p_status text, p_result jsonb
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_run record;
    v_status text;
BEGIN
    SELECT status, epoch, cost_usd, in_doubt_usd INTO v_run
    FROM runs_run WHERE id = p_run FOR UPDATE;
    IF v_run.epoch IS DISTINCT FROM p_epoch OR v_run.status NOT IN ('running', 'cancelling') THEN
        RETURN jsonb_build_object('outcome', 'fenced');
    END IF;
    PERFORM 1 FROM billing_hold WHERE run_id = p_run AND state = 'dispatched';
    IF FOUND THEN
        RETURN jsonb_build_object('outcome', 'dispatched');
    END IF;
    PERFORM billing_release_v1(p_run, true);
    v_status := CASE WHEN v_run.status = 'cancelling' THEN 'cancelled' ELSE p_status END;
    UPDATE runs_run SET
        status = v_status,
        answer = p_result ->> 'answer',
        answer_kind = p_result ->> 'answer_kind',
        stop_reason = CASE
            WHEN v_status = 'cancelled' THEN 'cancelled' ELSE p_result ->> 'stop_reason'
        END,
        error = NULLIF(p_result -> 'error', 'null'::jsonb),
        sources = p_result -> 'sources',
        warnings = p_result -> 'warnings',
        held_usd = 0,
        finished_at = now()
    WHERE id = p_run;
    RETURN jsonb_build_object(
        'outcome', 'finished',
        'status', v_status,
        'events', runs_append_v1(p_run, jsonb_build_array(runs_finished_event_v1(p_run)))
    );
END $$;
