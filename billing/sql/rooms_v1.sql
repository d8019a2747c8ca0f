-- The hard budgets that a call of this owner and token falls under: what is free in their present
-- periods, beyond the tickets of started runs, and what is not settled. Opens no window.
CREATE FUNCTION billing_rooms_v1(p_owner bigint, p_api_token uuid, p_simulated boolean)
RETURNS TABLE (budget uuid, free numeric, unspent numeric) LANGUAGE sql STABLE AS $$
    SELECT
        b.id,
        coalesce(w.limit_usd - w.settled_usd - w.held_usd, b.limit_usd) - coalesce((
            SELECT sum(h.amount) FROM billing_hold h
            WHERE h.state = 'waiting' AND w.id = ANY (h.window_ids)
        ), 0),
        coalesce(w.limit_usd - w.settled_usd, b.limit_usd)
    FROM billing_budget b
    LEFT JOIN billing_budgetwindow w ON w.budget_id = b.id AND w.simulated = p_simulated
        AND w.starts_at = billing_window_start_v1(b.period, b.timezone, statement_timestamp())
    WHERE coalesce(w.hard, b.hard) AND (
        b.scope = 'site' OR (b.scope = 'user' AND b.user_id = p_owner)
        OR (b.scope = 'token' AND b.api_token_id = p_api_token)
    )
$$;
