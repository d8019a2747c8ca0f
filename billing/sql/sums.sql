-- Add what a hold came to, to the sums that runs share: its budget windows, and the daily sums of its
-- new ledger lines, the first of which may be the run's `p_first`. `tightest` is what is left under the
-- tightest hard budget, null without one; `reached` are the windows of which a part is used up that
-- wasn't told (see pass_thresholds).
-- Called from: runs.settle_call, release; last of all, since the calls of all others wait for these
-- rows until the commit.
-- Locks: windows by id, daily sums.
CREATE FUNCTION billing.add_to_sums(
    p_windows bigint[], p_lines bigint[], p_first boolean,
    p_unheld numeric, p_amount numeric, p_overrun numeric,
    OUT tightest numeric, OUT reached bigint[]
) LANGUAGE plpgsql AS $$
DECLARE
    v_window bigint;
    v_line bigint;
    v_left numeric;
    v_reached boolean;
BEGIN
    reached := '{}';
    FOREACH v_window IN ARRAY p_windows LOOP
        UPDATE billing_budgetwindow SET
            held_usd = held_usd - p_unheld,
            settled_usd = settled_usd + p_amount,
            overrun_usd = overrun_usd + p_overrun
        WHERE id = v_window
        RETURNING
            CASE WHEN hard THEN greatest(0, limit_usd - settled_usd - held_usd) END,
            p_amount > 0 AND told_percent < 100
                AND settled_usd >= limit_usd * CASE told_percent WHEN 0 THEN 0.8 ELSE 1 END
        INTO v_left, v_reached;
        tightest := least(tightest, v_left);
        IF v_reached THEN
            reached := reached || v_window;
        END IF;
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
END $$;

-- The parts of a window's limit, in percent, that are used up now and weren't told before. Each is told
-- once, unless a raised limit takes it back.
-- Called from: runs.tell_thresholds. The caller has locked the window.
CREATE FUNCTION billing.pass_thresholds(p_window bigint) RETURNS int[] LANGUAGE plpgsql AS $$
DECLARE
    v_passed int[];
BEGIN
    SELECT array_agg(percent ORDER BY percent) INTO v_passed
    FROM billing_budgetwindow w CROSS JOIN unnest(ARRAY[80, 100]) AS percent
    WHERE w.id = p_window AND percent > w.told_percent
        AND w.settled_usd >= w.limit_usd * percent / 100;
    UPDATE billing_budgetwindow SET told_percent = v_passed[cardinality(v_passed)]
    WHERE id = p_window AND v_passed IS NOT NULL;
    RETURN coalesce(v_passed, '{}');
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
