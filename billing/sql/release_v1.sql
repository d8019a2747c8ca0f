-- Give back what a run holds without having sent it, and its tickets: everything, or all but the
-- closing money. Returns the amount that is no longer held. The caller holds the run row's lock.
CREATE FUNCTION billing_release_v1(p_run uuid, p_closing boolean) RETURNS numeric
LANGUAGE plpgsql AS $$
DECLARE
    v_hold record;
    v_released numeric := 0;
BEGIN
    DELETE FROM billing_hold WHERE run_id = p_run AND state = 'waiting';
    FOR v_hold IN
        SELECT id FROM billing_hold
        WHERE run_id = p_run AND state = 'held' AND (p_closing OR kind = 'call') ORDER BY id
    LOOP
        v_released := v_released + (billing_settle_v1(v_hold.id, NULL, 'exact', true)).unheld;
    END LOOP;
    RETURN v_released;
END $$;
