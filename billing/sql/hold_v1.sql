-- Set money aside for one attempt of a call, in every budget window that it falls into.
-- Output is cut to what is free, down to `min_output_tokens`; `p_free` and `p_soon` are the room
-- under the run's own cap (null: none). `p_spare` has to stay free besides.
-- outcome: held | again (this attempt holds already) | taken (this attempt is over)
--        | waiting (others hold the money; a ticket keeps the place) | exhausted (see `refusal`)
--        | uncapped (the model ignores its cap, and there is a hard limit)
-- Idempotent by (run, step key, attempt), so that a lost COMMIT reply is met by asking again.
-- The caller holds the run row's lock; this takes the windows', by id.
CREATE FUNCTION billing_hold_v1(
    p_owner bigint, p_api_token uuid, p_run uuid, p_key text, p_attempt int, p_kind text,
    p_state text, p_pattern text, p_provider text, p_simulated boolean, p_bound jsonb,
    p_free numeric, p_soon numeric, p_spare numeric,
    OUT outcome text, OUT hold_id bigint, OUT amount numeric, OUT output_tokens bigint,
    OUT refusal jsonb
) LANGUAGE plpgsql AS $$
DECLARE
    v_at timestamptz;
    v_known record;
    v_windows bigint[];
    v_room numeric;
    v_free numeric;
    v_least numeric;
    v_whole numeric;
BEGIN
    output_tokens := (p_bound ->> 'max_output_tokens')::bigint;
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

    PERFORM pg_advisory_xact_lock_shared(billing_budget_lock_v1());
    -- Now that the lock is ours: a budget that was made meanwhile counts from its making on.
    v_at := clock_timestamp();
    v_windows := billing_windows_v1(p_owner, p_api_token, p_simulated, v_at);
    v_least := billing_bound_v1(
        p_bound, least(output_tokens, (p_bound ->> 'min_output_tokens')::bigint)
    );
    v_whole := billing_bound_v1(p_bound, output_tokens);
    SELECT min(w.limit_usd - w.settled_usd - w.held_usd) FILTER (WHERE w.hard) - p_spare INTO v_room
    FROM (
        SELECT * FROM billing_budgetwindow WHERE id = ANY (v_windows) ORDER BY id FOR UPDATE
    ) w;
    v_free := least(p_free - p_spare, v_room);
    IF (p_bound ->> 'ignores_cap')::boolean AND v_free IS NOT NULL THEN
        outcome := 'uncapped';
    ELSIF v_least > p_soon - p_spare THEN
        outcome := 'exhausted';
    ELSIF v_least <= coalesce(v_free, v_least)
        AND NOT billing_others_wait_v1(p_run, v_windows, hold_id, least(v_whole, v_free)) THEN
        outcome := 'held';
    ELSIF v_least <= coalesce(billing_soon_v1(v_windows) - p_spare, v_least) THEN
        outcome := 'waiting';
    ELSE
        outcome := 'exhausted';
        refusal := billing_refusal_v1(
            p_owner, p_api_token, p_simulated, v_least + p_spare
        );
    END IF;
    IF outcome IN ('exhausted', 'uncapped') THEN
        DELETE FROM billing_hold WHERE id = hold_id;
        amount := v_least;
        RETURN;
    END IF;
    amount := v_least;
    -- Who waits for money under its own cap keeps none of the budgets' from others.
    IF outcome = 'waiting' AND v_least > p_free - p_spare
        AND v_least <= coalesce(v_room, v_least) THEN
        v_windows := '{}';
    END IF;
    IF outcome = 'held' THEN
        IF v_whole > v_free THEN
            output_tokens := floor(
                (v_free - billing_bound_v1(p_bound, 0))
                / ((p_bound ->> 'output_price')::numeric * 0.000001)
            );
        END IF;
        amount := billing_bound_v1(p_bound, output_tokens);
    END IF;

    INSERT INTO billing_hold AS h (
        owner_id, api_token_id, run_id, step_key, attempt, kind, state, amount,
        max_input_tokens, max_output_tokens, pattern, model, provider, simulated,
        input_price, output_price, price_source, window_ids, held_at
    ) VALUES (
        p_owner, p_api_token, p_run, p_key, p_attempt, p_kind,
        CASE outcome WHEN 'held' THEN p_state ELSE 'waiting' END, amount,
        (p_bound ->> 'max_input_tokens')::bigint, output_tokens, p_pattern, p_bound ->> 'model',
        p_provider, p_simulated, (p_bound ->> 'input_price')::numeric,
        (p_bound ->> 'output_price')::numeric, p_bound ->> 'price_source', v_windows, v_at
    )
    ON CONFLICT ON CONSTRAINT hold_unique DO UPDATE SET
        state = excluded.state, amount = excluded.amount, window_ids = excluded.window_ids,
        max_output_tokens = excluded.max_output_tokens, held_at = excluded.held_at
    RETURNING h.id INTO hold_id;
    IF outcome = 'held' THEN
        UPDATE billing_budgetwindow w SET held_usd = w.held_usd + billing_hold_v1.amount
        WHERE w.id = ANY (v_windows);
    END IF;
END $$;
