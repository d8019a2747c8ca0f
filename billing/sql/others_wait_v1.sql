-- True when a hold of this amount would leave too little, in a window that both need, for a run
-- that has waited longer: first come, first served. Who waits for a window of its own is passed by.
-- `p_ticket` is the asker's own place, null when it has none yet.
CREATE FUNCTION billing_others_wait_v1(
    p_run uuid, p_windows bigint[], p_ticket bigint, p_amount numeric
) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT 1 FROM billing_hold h
        JOIN billing_budgetwindow w ON w.id = ANY (h.window_ids) AND w.id = ANY (p_windows)
        WHERE h.state = 'waiting' AND h.run_id <> p_run AND w.hard
            AND (p_ticket IS NULL OR h.id < p_ticket)
            AND w.limit_usd - w.settled_usd - w.held_usd - p_amount < h.amount
            AND NOT billing_waits_elsewhere_v1(h.window_ids, h.amount, p_windows)
    )
$$;
