-- A suspect's own process died while its worker lived: nothing but the run itself did that. Its
-- calls in flight become in-doubt lines, and it fails. outcome: poisoned | cancelled | fenced
CREATE FUNCTION runs_poison_v1(p_run uuid, p_epoch int) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_run record;
    v_end record;
BEGIN
    SELECT status, epoch INTO v_run FROM runs_run WHERE id = p_run FOR UPDATE;
    IF v_run.epoch IS DISTINCT FROM p_epoch OR v_run.status NOT IN ('running', 'cancelling') THEN
        RETURN jsonb_build_object('outcome', 'fenced');
    END IF;
    v_end := runs_give_up_v1(p_run, jsonb_build_object(
        'code', 'poisoned',
        'message', 'Two workers died while they executed this run, and then the process that '
            'executed nothing else. It is not tried again.'
    ));
    RETURN jsonb_build_object(
        'outcome', CASE v_end.status WHEN 'failed' THEN 'poisoned' ELSE v_end.status END,
        'events', v_end.events
    );
END $$;
