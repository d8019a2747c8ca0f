-- The hard budgets that a call of this owner and token falls under: what is free in their present
-- periods, beyond the tickets of started runs, what is not settled, and the most that one run in the
-- queue may keep from others: of the site's money a tenth. Opens no window.
CREATE FUNCTION billing_rooms_v1(p_owner bigint, p_api_token uuid, p_simulated boolean)
RETURNS TABLE (budget uuid, site boolean, free numeric, unspent numeric, most numeric)
LANGUAGE sql STABLE AS $$
    WITH mine AS MATERIALIZED (
        SELECT
            b.id AS budget, b.scope = 'site' AS site, w.id, coalesce(w.limit_usd, b.limit_usd) AS cap,
            coalesce(w.settled_usd, 0) AS settled, coalesce(w.held_usd, 0) AS held
        FROM billing_budget b
        LEFT JOIN billing_budgetwindow w ON w.budget_id = b.id AND w.simulated = p_simulated
            AND w.starts_at = billing_window_start_v1(b.period, b.timezone, statement_timestamp())
        WHERE coalesce(w.hard, b.hard) AND (
            b.scope = 'site' OR (b.scope = 'user' AND b.user_id = p_owner)
            OR (b.scope = 'token' AND b.api_token_id = p_api_token)
        )
    ), tickets AS MATERIALIZED (
        SELECT h.amount, h.window_ids FROM billing_hold h
        WHERE h.state = 'waiting'
            AND NOT billing_waits_elsewhere_v1(h.window_ids, h.amount, ARRAY(SELECT id FROM mine))
    )
    SELECT
        m.budget, m.site,
        m.cap - m.settled - m.held - coalesce((
            SELECT sum(t.amount) FROM tickets t WHERE m.id = ANY (t.window_ids)
        ), 0),
        m.cap - m.settled,
        CASE WHEN m.site THEN m.cap / 10 END
    FROM mine m
$$;
