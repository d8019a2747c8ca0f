-- Open a new budget's window in mid-period: what was charged and what is held since its beginning
-- counts as if the budget had always been there. The caller holds the budget lock alone.
CREATE FUNCTION billing_backfill_v1(p_budget uuid, p_simulated boolean) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    v_budget record;
    v_start timestamptz;
    v_window bigint;
BEGIN
    SELECT * INTO v_budget FROM billing_budget WHERE id = p_budget;
    v_start := billing_window_start_v1(v_budget.period, v_budget.timezone, statement_timestamp());
    INSERT INTO billing_budgetwindow (
        budget_id, simulated, starts_at, ends_at, hard, limit_usd, settled_usd, held_usd
    )
    SELECT
        p_budget, p_simulated, v_start,
        billing_window_end_v1(v_budget.period, v_budget.timezone, v_start), v_budget.hard,
        v_budget.limit_usd,
        billing_spent_v1(v_budget.user_id, v_budget.api_token_id, p_simulated, v_start),
        billing_held_v1(v_budget.user_id, v_budget.api_token_id, p_simulated, v_start)
    RETURNING id INTO v_window;
    UPDATE billing_hold h SET window_ids = h.window_ids || v_window
    WHERE h.state IN ('waiting', 'held', 'dispatched', 'in_doubt')
        AND h.simulated = p_simulated AND h.held_at >= v_start
        AND (v_budget.user_id IS NULL OR h.owner_id = v_budget.user_id)
        AND (v_budget.api_token_id IS NULL OR h.api_token_id = v_budget.api_token_id);
    RETURN v_window;
END $$;
