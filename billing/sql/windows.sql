-- The budget windows that a payer's call falls into at a moment, by id; those that are new are
-- opened. A period begins at midnight, or on the first of the month, in the budget's time zone.
-- Called from: hold; runs.hold_call.
-- Locks: none but those of new rows. The caller shares the budgets lock.
-- Idempotent by: (budget, simulated, start of the period).
CREATE FUNCTION billing.open_windows(p_payer billing.payer, p_at timestamptz) RETURNS bigint[]
LANGUAGE plpgsql AS $$
DECLARE
    v_budget record;
    v_start timestamptz;
    v_window bigint;
    v_windows bigint[] := '{}';
BEGIN
    FOR v_budget IN SELECT * FROM billing.budgets_of(p_payer) LOOP
        v_start := billing.period_start(v_budget.period, v_budget.timezone, p_at);
        LOOP
            SELECT w.id INTO v_window FROM billing_budgetwindow w
            WHERE w.budget_id = v_budget.id AND w.simulated = (p_payer).simulated
                AND w.starts_at = v_start;
            EXIT WHEN FOUND;
            -- A row that another transaction opened meanwhile is read in the next round, and not
            -- locked by this insert: windows are locked by id, and a lower one may come yet.
            INSERT INTO billing_budgetwindow (
                budget_id, simulated, starts_at, ends_at, hard, limit_usd
            ) VALUES (
                v_budget.id, (p_payer).simulated, v_start,
                billing.period_end(v_budget.period, v_budget.timezone, v_start),
                v_budget.hard, v_budget.limit_usd
            )
            ON CONFLICT ON CONSTRAINT window_unique DO NOTHING;
        END LOOP;
        v_windows := v_windows || v_window;
    END LOOP;
    RETURN ARRAY(SELECT id FROM unnest(v_windows) AS id ORDER BY id);
END $$;

-- Open a new budget's window in mid-period: what was charged and what is held since its beginning
-- counts as if the budget had always been there.
-- Called from: Python, once for real and once for simulated dollars, when a budget is set.
-- Locks: the caller holds the budgets lock alone.
CREATE FUNCTION billing.open_first_window(p_budget uuid, p_simulated boolean) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    v_budget record;
    v_start timestamptz;
    v_window bigint;
BEGIN
    SELECT user_id, api_token_id, period, timezone, hard, limit_usd INTO v_budget
    FROM billing_budget WHERE id = p_budget;
    v_start := billing.period_start(v_budget.period, v_budget.timezone, statement_timestamp());
    INSERT INTO billing_budgetwindow (
        budget_id, simulated, starts_at, ends_at, hard, limit_usd, settled_usd, held_usd
    )
    SELECT
        p_budget, p_simulated, v_start,
        billing.period_end(v_budget.period, v_budget.timezone, v_start), v_budget.hard,
        v_budget.limit_usd, s.charged, s.held
    FROM billing.spent_since(v_budget.user_id, v_budget.api_token_id, p_simulated, v_start) s
    RETURNING id INTO v_window;
    UPDATE billing_hold h SET window_ids = h.window_ids || v_window
    WHERE h.state IN ('waiting', 'held', 'dispatched', 'in_doubt')
        AND h.simulated = p_simulated AND h.held_at >= v_start
        AND billing.counts(
            v_budget.user_id, v_budget.api_token_id, (h.owner_id, h.api_token_id, h.simulated)
        );
    RETURN v_window;
END $$;

-- What a budget for this user or token (both null: the site) would count since a moment. Whole days
-- come from the daily sums, which don't know tokens; the rest of the first day, and everything of a
-- token, comes from the ledger. So a budget over millions of lines opens without reading them.
-- Called from: Python, open_first_window.
CREATE FUNCTION billing.spent_since(
    p_user bigint, p_api_token uuid, p_simulated boolean, p_since timestamptz,
    OUT charged numeric, OUT held numeric
) LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_first_whole_day date := CASE
        WHEN p_api_token IS NULL THEN (p_since AT TIME ZONE 'UTC' + interval '1 day')::date
        ELSE 'infinity'
    END;
BEGIN
    SELECT coalesce(sum(u.amount), 0) INTO charged FROM billing_usagerollup u
    WHERE u.simulated = p_simulated AND u.day >= v_first_whole_day
        AND billing.counts(p_user, p_api_token, (u.owner_id, NULL, u.simulated));
    SELECT charged + coalesce(sum(l.amount), 0) INTO charged FROM billing_ledgerentry l
    WHERE l.simulated = p_simulated AND l.held_at >= p_since
        AND l.held_at < v_first_whole_day::timestamp AT TIME ZONE 'UTC'
        AND billing.counts(p_user, p_api_token, (l.owner_id, l.api_token_id, l.simulated));
    SELECT coalesce(sum(h.amount), 0) INTO held FROM billing_hold h
    WHERE h.state IN ('held', 'dispatched') AND h.simulated = p_simulated AND h.held_at >= p_since
        AND billing.counts(p_user, p_api_token, (h.owner_id, h.api_token_id, h.simulated));
END $$;

-- Lock the windows of all that a run holds, before several of its holds end in one transaction:
-- around midnight they are in different windows.
-- Called from: release; runs.mark_in_doubt.
-- Locks: the budgets lock (shared), windows by id. The caller holds the run row.
CREATE FUNCTION billing.lock_windows(p_run uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM billing.share_budgets();
    PERFORM 1 FROM billing_budgetwindow
    WHERE id IN (
        SELECT unnest(window_ids) FROM billing_hold
        WHERE run_id = p_run AND state IN ('held', 'dispatched')
    )
    ORDER BY id FOR UPDATE;
END $$;
