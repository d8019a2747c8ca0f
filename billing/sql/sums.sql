-- Add what a hold came to, to the sums that runs share: its budget windows, and the daily sums of its
-- new ledger lines, the first of which may be the run's `p_first`. Returns what is left under the
-- tightest hard budget, null without one.
-- Called from: runs.settle_call, release; last of all, since the calls of all others wait for these
-- rows until the commit.
-- Locks: windows by id, daily sums.
CREATE FUNCTION billing.add_to_sums(
    p_windows bigint[], p_lines bigint[], p_first boolean,
    p_unheld numeric, p_amount numeric, p_overrun numeric
) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
    v_window bigint;
    v_line bigint;
    v_left numeric;
    v_tightest numeric;
BEGIN
    FOREACH v_window IN ARRAY p_windows LOOP
        UPDATE billing_budgetwindow SET
            held_usd = held_usd - p_unheld,
            settled_usd = settled_usd + p_amount,
            overrun_usd = overrun_usd + p_overrun
        WHERE id = v_window
        RETURNING CASE WHEN hard THEN greatest(0, limit_usd - settled_usd - held_usd) END
        INTO v_left;
        v_tightest := least(v_tightest, v_left);
    END LOOP;
    FOREACH v_line IN ARRAY p_lines LOOP
        INSERT INTO billing_usagerollup AS u (
            day, owner_id, model, pattern, simulated, amount, runs, calls,
            fresh_input_tokens, cached_input_tokens, cache_write_tokens, output_tokens,
            reasoning_tokens
        )
        SELECT
            (held_at AT TIME ZONE 'UTC')::date, owner_id, model, pattern, simulated, amount,
            (p_first AND id = p_lines[1])::int, CASE WHEN reverses_id IS NULL THEN 1 ELSE -1 END,
            fresh_input_tokens, cached_input_tokens, cache_write_tokens, output_tokens,
            reasoning_tokens
        FROM billing_ledgerentry WHERE id = v_line
        ON CONFLICT ON CONSTRAINT rollup_unique DO UPDATE SET
            amount = u.amount + excluded.amount,
            runs = u.runs + excluded.runs,
            calls = u.calls + excluded.calls,
            fresh_input_tokens = u.fresh_input_tokens + excluded.fresh_input_tokens,
            cached_input_tokens = u.cached_input_tokens + excluded.cached_input_tokens,
            cache_write_tokens = u.cache_write_tokens + excluded.cache_write_tokens,
            output_tokens = u.output_tokens + excluded.output_tokens,
            reasoning_tokens = u.reasoning_tokens + excluded.reasoning_tokens;
    END LOOP;
    IF p_unheld > p_amount THEN
        PERFORM billing.announce_freed(p_windows);
    END IF;
    RETURN v_tightest;
END $$;

-- Money has come back to these windows: tell the workers, if a ticket waits for one of them.
-- Called from: add_to_sums.
CREATE FUNCTION billing.announce_freed(p_windows bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF p_windows <> '{}' AND EXISTS (
        SELECT 1 FROM billing_hold WHERE state = 'waiting' AND window_ids && p_windows
    ) THEN
        PERFORM pg_notify('billing_freed', '');
    END IF;
END $$;
