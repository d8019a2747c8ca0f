-- Give back what a run holds without having sent it, and its tickets: everything, or all but the
-- closing money. Returns the amount that is no longer held. The caller holds the run row's lock.
CREATE FUNCTION billing_release_v1(p_run uuid, p_closing boolean) RETURNS numeric
LANGUAGE plpgsql AS $$
DECLARE
    v_hold bigint;
    v_given record;
    v_released numeric := 0;
BEGIN
    PERFORM billing_lock_v1(p_run);
    DELETE FROM billing_hold WHERE run_id = p_run AND state = 'waiting';
    FOR v_hold IN
        SELECT id FROM billing_hold
        WHERE run_id = p_run AND state = 'held' AND (p_closing OR kind = 'call')
    LOOP
        v_given := billing_settle_v1(v_hold, NULL, 'exact', true, NULL, NULL);
        PERFORM billing_post_v1(v_given.windows, '{}', false, v_given.unheld, 0, 0);
        v_released := v_released + v_given.unheld;
    END LOOP;
    RETURN v_released;
END $$;
