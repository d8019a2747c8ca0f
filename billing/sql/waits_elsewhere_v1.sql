-- True when a ticket waits for a window that is not among these: it keeps nothing from them.
CREATE FUNCTION billing_waits_elsewhere_v1(
    p_ticket_windows bigint[], p_amount numeric, p_windows bigint[]
) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT 1 FROM billing_budgetwindow w
        WHERE w.id = ANY (p_ticket_windows) AND NOT coalesce(w.id = ANY (p_windows), false)
            AND w.hard AND w.limit_usd - w.settled_usd - w.held_usd < p_amount
    )
$$;
