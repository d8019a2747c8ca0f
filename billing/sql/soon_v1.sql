-- How much may be held in these windows once the calls that are in flight have ended, if they cost
-- nothing: what it is worth waiting for. Null is without limit.
CREATE FUNCTION billing_soon_v1(p_windows bigint[]) RETURNS numeric LANGUAGE sql STABLE AS $$
    SELECT min(w.limit_usd - w.settled_usd - w.held_usd + coalesce(flying.amount, 0))
    FROM billing_budgetwindow w
    JOIN billing_budget b ON b.id = w.budget_id
    LEFT JOIN LATERAL (
        SELECT sum(h.amount) AS amount FROM billing_hold h
        WHERE h.state = 'dispatched' AND w.id = ANY (h.window_ids)
    ) flying ON true
    WHERE w.id = ANY (p_windows) AND b.hard
$$;
