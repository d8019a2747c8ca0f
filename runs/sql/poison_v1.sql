-- A suspect's own process died while its worker lived: nothing but the run itself did that. Its
-- calls in flight become in-doubt lines, and it fails. outcome: poisoned | cancelled | fenced
CREATE FUNCTION runs_poison_v1(p_run uuid, p_epoch int) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_run record;
BEGIN
    SELECT status, epoch INTO v_run FROM runs_run WHERE id = p_run FOR UPDATE;
    IF v_run.epoch IS DISTINCT FROM p_epoch OR v_run.status NOT IN ('running', 'cancelling') THEN
        RETURN jsonb_build_object('outcome', 'fenced');
    END IF;
    PERFORM runs_doubt_v1(p_run, p_epoch);
    IF v_run.status = 'cancelling' THEN
        RETURN jsonb_build_object(
            'outcome', 'cancelled',
            'events', runs_end_v1(p_run, 'cancelled', 'cancelled', NULL)
        );
    END IF;
    RETURN jsonb_build_object(
        'outcome', 'poisoned',
        'events', runs_end_v1(p_run, 'failed', 'failed', jsonb_build_object(
            'code', 'poisoned',
            'message', 'Two workers died while they executed this run, and then the process that '
                'executed nothing else. It is not tried again.'
        ))
    );
END $$;
