-- The hard budgets that count what a payer is charged, with their present periods and windows (null:
-- none was opened yet):
--   available: what is neither settled nor held, nor waited for by the tickets of started runs
--   unspent: what is not settled
--   remaining: what is neither settled nor held; below zero where it is overrun
--   max_reserved: the most that one queued run may keep from others; of the site's money a tenth
-- Opens no window.
-- Called from: refusal; runs.submit, runs.begin, runs.admit_waiting, runs.older_run_waits, runs.sweep.
CREATE FUNCTION billing.available_budgets(p_payer billing.payer)
RETURNS TABLE (
    budget uuid, budget_window bigint, starts_at timestamptz, site boolean,
    available numeric, unspent numeric, remaining numeric, max_reserved numeric
)
LANGUAGE sql STABLE AS $$
    WITH periods AS (
        SELECT b.*, billing.period_start(b.period, b.timezone, statement_timestamp()) AS starts_at
        FROM billing.budgets_of(p_payer) b
    ), present AS MATERIALIZED (
        SELECT
            p.id AS budget, w.id AS budget_window, p.starts_at, p.scope = 'site' AS site,
            coalesce(w.limit_usd, p.limit_usd) AS limit_usd,
            coalesce(w.settled_usd, 0) AS settled_usd, coalesce(w.held_usd, 0) AS held_usd
        FROM periods p
        LEFT JOIN billing_budgetwindow w ON w.budget_id = p.id
            AND w.simulated = (p_payer).simulated AND w.starts_at = p.starts_at
        WHERE coalesce(w.hard, p.hard)
    ), tickets AS MATERIALIZED (
        SELECT h.amount, h.window_ids FROM billing_hold h
        WHERE h.state = 'waiting' AND NOT billing.ticket_blocked_elsewhere(
            h.window_ids, h.amount, ARRAY(SELECT budget_window FROM present)
        )
    )
    SELECT
        p.budget, p.budget_window, p.starts_at, p.site,
        p.limit_usd - p.settled_usd - p.held_usd - coalesce((
            SELECT sum(t.amount) FROM tickets t WHERE p.budget_window = ANY (t.window_ids)
        ), 0),
        p.limit_usd - p.settled_usd,
        p.limit_usd - p.settled_usd - p.held_usd,
        CASE WHEN p.site THEN p.limit_usd / 10 END
    FROM present p
$$;

-- How much can be held in these windows once the pending calls have ended, if they cost nothing:
-- what it is worth waiting for. Null is without limit.
-- Called from: hold.
CREATE FUNCTION billing.available_after_pending(p_windows bigint[]) RETURNS numeric
LANGUAGE sql STABLE AS $$
    SELECT min(w.limit_usd - w.settled_usd - w.held_usd + billing.pending_amount(w.id))
    FROM billing_budgetwindow w WHERE w.id = ANY (p_windows) AND w.hard
$$;

-- What pending calls hold in a window: it may come back when they end.
-- Called from: available_after_pending, refusal.
CREATE FUNCTION billing.pending_amount(p_window bigint) RETURNS numeric LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(amount), 0) FROM billing_hold
    WHERE state = 'dispatched' AND p_window = ANY (window_ids)
$$;

-- True when a hold of this amount would leave too little, in a window that both need, for a run that
-- has waited longer: first come, first served. A ticket that is blocked by a window which the asker
-- doesn't need is no reason to wait.
-- `p_ticket` is the asker's own ticket, null when it has none yet.
-- Called from: hold.
CREATE FUNCTION billing.older_ticket_waits(
    p_run uuid, p_windows bigint[], p_ticket bigint, p_amount numeric
) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT 1 FROM billing_hold h
        JOIN billing_budgetwindow w ON w.id = ANY (h.window_ids) AND w.id = ANY (p_windows)
        WHERE h.state = 'waiting' AND h.run_id <> p_run AND w.hard
            AND (p_ticket IS NULL OR h.id < p_ticket)
            AND w.limit_usd - w.settled_usd - w.held_usd - p_amount < h.amount
            AND NOT billing.ticket_blocked_elsewhere(h.window_ids, h.amount, p_windows)
    )
$$;

-- True when a ticket waits for money in a window that is not among `p_windows`: it can't be served
-- now, whatever is free in these, and so keeps nothing from others there.
-- Called from: older_ticket_waits, available_budgets.
CREATE FUNCTION billing.ticket_blocked_elsewhere(
    p_ticket_windows bigint[], p_amount numeric, p_windows bigint[]
) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT 1 FROM billing_budgetwindow w
        -- A budget without a window yet is a null in `p_windows`.
        WHERE w.id = ANY (p_ticket_windows) AND NOT coalesce(w.id = ANY (p_windows), false)
            AND w.hard AND w.limit_usd - w.settled_usd - w.held_usd < p_amount
    )
$$;
