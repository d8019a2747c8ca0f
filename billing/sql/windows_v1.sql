-- The budget windows that a call of this owner and token falls into at a moment, opened where they
-- are new, by id: everything locks them in this order. A period begins at midnight, or on the first
-- of the month, in the budget's time zone. The caller shares the budget lock.
CREATE FUNCTION billing_windows_v1(
    p_owner bigint, p_api_token uuid, p_simulated boolean, p_at timestamptz
) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    v_budget record;
    v_start timestamptz;
    v_window bigint;
    v_windows bigint[] := '{}';
BEGIN
    FOR v_budget IN
        SELECT id, period, timezone, hard, limit_usd FROM billing_budget
        WHERE scope = 'site' OR (scope = 'user' AND user_id = p_owner)
            OR (scope = 'token' AND api_token_id = p_api_token)
        ORDER BY id
    LOOP
        v_start := billing_window_start_v1(v_budget.period, v_budget.timezone, p_at);
        LOOP
            SELECT id INTO v_window FROM billing_budgetwindow
            WHERE budget_id = v_budget.id AND simulated = p_simulated AND starts_at = v_start;
            EXIT WHEN FOUND;
            -- Without its lock, if another one opens it: a lower one has to be locked before it.
            INSERT INTO billing_budgetwindow (
                budget_id, simulated, starts_at, ends_at, hard, limit_usd
            ) VALUES (
                v_budget.id, p_simulated, v_start,
                billing_window_end_v1(v_budget.period, v_budget.timezone, v_start),
                v_budget.hard, v_budget.limit_usd
            )
            ON CONFLICT ON CONSTRAINT window_unique DO NOTHING;
        END LOOP;
        v_windows := v_windows || v_window;
    END LOOP;
    RETURN ARRAY(SELECT id FROM unnest(v_windows) AS id ORDER BY id);
END $$;
