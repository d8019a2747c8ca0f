-- Add what a hold came to to the sums that runs share: its budget windows, by id, and the days' sums
-- of its new ledger lines, the first of which may be the run's `p_first`. Called last, since
-- everyone else's calls meet on these rows until the commit. Returns what is left under the tightest
-- hard budget, null without one.
CREATE FUNCTION billing_post_v1(
    p_windows bigint[], p_lines bigint[], p_first boolean,
    p_unheld numeric, p_amount numeric, p_overrun numeric
) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
    v_window bigint;
    v_line bigint;
    v_left numeric;
    v_least numeric;
BEGIN
    FOREACH v_window IN ARRAY p_windows LOOP
        UPDATE billing_budgetwindow SET
            held_usd = held_usd - p_unheld,
            settled_usd = settled_usd + p_amount,
            overrun_usd = overrun_usd + p_overrun
        WHERE id = v_window
        RETURNING CASE WHEN hard THEN greatest(0, limit_usd - settled_usd - held_usd) END
        INTO v_left;
        v_least := least(v_least, v_left);
    END LOOP;
    FOREACH v_line IN ARRAY p_lines LOOP
        INSERT INTO billing_usagerollup AS u (
            day, owner_id, model, pattern, simulated, amount, runs, calls,
            fresh_input_tokens, cached_input_tokens, output_tokens, reasoning_tokens
        )
        SELECT
            (held_at AT TIME ZONE 'UTC')::date, owner_id, model, pattern, simulated, amount,
            (p_first AND id = p_lines[1])::int, CASE WHEN reverses_id IS NULL THEN 1 ELSE -1 END,
            fresh_input_tokens, cached_input_tokens, output_tokens, reasoning_tokens
        FROM billing_ledgerentry WHERE id = v_line
        ON CONFLICT ON CONSTRAINT rollup_unique DO UPDATE SET
            amount = u.amount + excluded.amount,
            runs = u.runs + excluded.runs,
            calls = u.calls + excluded.calls,
            fresh_input_tokens = u.fresh_input_tokens + excluded.fresh_input_tokens,
            cached_input_tokens = u.cached_input_tokens + excluded.cached_input_tokens,
            output_tokens = u.output_tokens + excluded.output_tokens,
            reasoning_tokens = u.reasoning_tokens + excluded.reasoning_tokens;
    END LOOP;
    IF p_unheld > p_amount THEN
        PERFORM billing_ring_v1(p_windows);
    END IF;
    RETURN v_least;
END $$;
