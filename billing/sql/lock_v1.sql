-- Lock the budget windows of all that a run holds, by id, before several of its holds end in one
-- transaction: around midnight they are in different windows. The caller holds the run row's lock.
CREATE FUNCTION billing_lock_v1(p_run uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(billing_budget_lock_v1());
    PERFORM 1 FROM billing_budgetwindow
    WHERE id IN (
        SELECT unnest(window_ids) FROM billing_hold
        WHERE run_id = p_run AND state IN ('held', 'dispatched')
    )
    ORDER BY id FOR UPDATE;
END $$;
