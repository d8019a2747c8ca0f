-- Hold money for one attempt of a call, in every budget window that it falls into.
-- `p_bound` says the most that the call can cost (see max_cost); output is cut to what is available,
-- down to its `min_output_tokens`. `p_run_available` and `p_run_after_pending` are what the run's own
-- cap leaves, now and once its pending calls have ended (null: no cap). `p_keep_free` has to stay
-- available besides.
-- Called from: runs.begin, runs.hold_call.
-- Locks: the budgets lock (shared), windows by id, the hold. The caller holds the run row.
-- Outcomes: held; again (this attempt holds already); taken (this attempt is over); waiting (others
--   hold the money, and a ticket keeps the place); exhausted (see `refusal`, null where it is the
--   run's own cap); uncapped, probing (see cap_objection; where there is a hard limit. What is only held,
--   and not yet sent, needn't wait for a probe).
-- Idempotent by: (run, step key, attempt), so that a lost COMMIT reply is met by asking again.
CREATE FUNCTION billing.hold(
    p_payer billing.payer, p_run uuid, p_key text, p_attempt int, p_kind text, p_state text,
    p_pattern text, p_provider text, p_bound jsonb, p_run_available numeric,
    p_run_after_pending numeric, p_keep_free numeric,
    OUT outcome text, OUT hold_id bigint, OUT amount numeric, OUT output_tokens bigint,
    OUT refusal jsonb
) LANGUAGE plpgsql AS $$
DECLARE
    v_at timestamptz;
    v_known record;
    v_windows bigint[];
    v_budgets_available numeric;
    v_available numeric;
    v_min_cost numeric := billing.min_cost(p_bound);
    v_max_cost numeric;
    v_objection text;
BEGIN
    output_tokens := (p_bound ->> 'max_output_tokens')::bigint;
    v_max_cost := billing.max_cost(p_bound, output_tokens);
    SELECT h.id, h.state, h.amount, h.max_output_tokens INTO v_known FROM billing_hold h
    WHERE h.run_id = p_run AND h.step_key = p_key AND h.attempt = p_attempt;
    hold_id := v_known.id;
    IF v_known.state = p_state THEN
        outcome := 'again';
        amount := v_known.amount;
        output_tokens := v_known.max_output_tokens;
        RETURN;
    ELSIF v_known.state <> 'waiting' THEN
        outcome := 'taken';
        RETURN;
    END IF;

    PERFORM billing.share_budgets();
    -- Only now, since a budget that was set while we waited for the lock counts from then on.
    v_at := clock_timestamp();
    v_windows := billing.open_windows(p_payer, v_at);
    SELECT min(w.limit_usd - w.settled_usd - w.held_usd) FILTER (WHERE w.hard) - p_keep_free
    INTO v_budgets_available
    FROM (
        SELECT * FROM billing_budgetwindow WHERE id = ANY (v_windows) ORDER BY id FOR UPDATE
    ) w;
    v_available := least(p_run_available - p_keep_free, v_budgets_available);
    -- Null is without limit, and a comparison with it never refuses.
    IF v_available IS NOT NULL THEN
        v_objection := billing.cap_objection(
            p_run, v_windows, (p_payer).simulated, p_provider, p_bound ->> 'model'
        );
    END IF;
    IF v_objection = 'uncapped' THEN
        outcome := 'uncapped';
    ELSIF v_min_cost > p_run_after_pending - p_keep_free THEN
        outcome := 'exhausted';
    ELSIF v_min_cost <= coalesce(v_available, v_min_cost) AND NOT billing.older_ticket_waits(
        p_run, v_windows, hold_id, least(v_max_cost, v_available)
    ) THEN
        outcome := 'held';
        IF v_objection = 'probing' AND p_state = 'dispatched' THEN
            -- It has a place in no queue for money, or keeps that which it has.
            outcome := 'probing';
            RETURN;
        END IF;
    ELSIF v_min_cost <= coalesce(
        billing.available_after_pending(v_windows) - p_keep_free, v_min_cost
    ) THEN
        outcome := 'waiting';
    ELSE
        outcome := 'exhausted';
        refusal := billing.refusal(p_payer, v_min_cost + p_keep_free) - 'budget';
    END IF;

    amount := v_min_cost;
    IF outcome IN ('exhausted', 'uncapped') THEN
        DELETE FROM billing_hold WHERE id = hold_id;
        RETURN;
    END IF;
    -- A run that waits only for its own pending calls is in no budget's queue: the ticket names no
    -- window, so that others may have the budgets' money meanwhile.
    IF outcome = 'waiting' AND v_min_cost > p_run_available - p_keep_free
        AND v_min_cost <= coalesce(v_budgets_available, v_min_cost) THEN
        v_windows := '{}';
    END IF;
    IF outcome = 'held' AND v_max_cost > v_available THEN
        output_tokens := billing.affordable_output(p_bound, v_available);
        amount := billing.max_cost(p_bound, output_tokens);
    ELSIF outcome = 'held' THEN
        amount := v_max_cost;
    END IF;

    INSERT INTO billing_hold AS h (
        owner_id, api_token_id, run_id, step_key, attempt, kind, state, amount,
        max_input_tokens, max_output_tokens, pattern, model, provider, simulated,
        input_price, output_price, price_source, window_ids, held_at
    ) VALUES (
        (p_payer).owner_id, (p_payer).api_token_id, p_run, p_key, p_attempt, p_kind,
        CASE outcome WHEN 'held' THEN p_state ELSE 'waiting' END, amount,
        (p_bound ->> 'max_input_tokens')::bigint, output_tokens, p_pattern, p_bound ->> 'model',
        p_provider, (p_payer).simulated, (p_bound ->> 'input_price')::numeric,
        (p_bound ->> 'output_price')::numeric, p_bound ->> 'price_source', v_windows, v_at
    )
    -- The row that is there is our own ticket.
    ON CONFLICT ON CONSTRAINT hold_unique DO UPDATE SET
        state = excluded.state, amount = excluded.amount, window_ids = excluded.window_ids,
        max_output_tokens = excluded.max_output_tokens, held_at = excluded.held_at
    RETURNING h.id INTO hold_id;
    IF outcome = 'held' THEN
        UPDATE billing_budgetwindow w SET held_usd = w.held_usd + hold.amount
        WHERE w.id = ANY (v_windows);
    END IF;
END $$;

-- Give back what a run holds without having sent it, and its tickets: everything, or all but the
-- closing money. Returns the amount that is no longer held.
-- Called from: runs.hold_call, runs.finish, runs.requeue, runs.end, runs.mark_in_doubt.
-- Locks: the budgets lock (shared), windows by id, holds. The caller holds the run row.
CREATE FUNCTION billing.release(p_run uuid, p_closing boolean) RETURNS numeric
LANGUAGE plpgsql AS $$
DECLARE
    v_hold bigint;
    v_ended record;
    v_released numeric := 0;
BEGIN
    PERFORM billing.lock_windows(p_run);
    DELETE FROM billing_hold WHERE run_id = p_run AND state = 'waiting';
    FOR v_hold IN
        SELECT id FROM billing_hold
        WHERE run_id = p_run AND state = 'held' AND (p_closing OR kind = 'call')
    LOOP
        v_ended := billing.settle(v_hold, NULL, 'exact', true, NULL, NULL);
        PERFORM billing.add_to_sums(v_ended.windows, '{}', false, v_ended.unheld, 0, 0);
        v_released := v_released + v_ended.unheld;
    END LOOP;
    RETURN v_released;
END $$;
