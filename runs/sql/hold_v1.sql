-- One attempt of an LLM call begins: money held and dispatched, step started, event written.
-- A closing call uses the closing money, and the tickets of calls that it makes needless go; closing
-- money that is too little for it is given back, and it asks as any other call. Under the run's own
-- cap, what the run holds for other calls may come back; what it holds for its closing call does not.
-- outcome: held | fenced (another epoch owns the run) | cancelling | taken (attempt already over)
--        | waiting | exhausted | uncapped (see billing_hold_v1)
CREATE FUNCTION runs_hold_v1(
    p_run uuid, p_epoch int, p_step jsonb, p_bound jsonb, p_events jsonb
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_run record;
    v_hold record;
    v_attempt int := (p_step ->> 'attempt')::int;
    v_closing boolean := false;
    v_closing_money numeric;
    v_last int;
BEGIN
    SELECT
        owner_id, api_token_id, pattern, provider, simulated, status, epoch, held_usd, cost_usd,
        max_cost_usd, max_cost_usd - cost_usd AS unspent
    INTO v_run FROM runs_run WHERE id = p_run FOR UPDATE;
    IF v_run.epoch IS DISTINCT FROM p_epoch OR v_run.status NOT IN ('running', 'cancelling') THEN
        RETURN jsonb_build_object('outcome', 'fenced');
    END IF;
    IF v_run.status = 'cancelling' THEN
        -- An earlier try whose reply was lost: nothing was sent.
        PERFORM runs_settle_v1(
            p_run, p_epoch, id, 'cancelled', NULL, NULL, NULL, 'exact', 0, NULL
        ) FROM billing_hold
        WHERE run_id = p_run AND step_key = p_step ->> 'key' AND attempt = v_attempt
            AND state = 'dispatched';
        RETURN jsonb_build_object('outcome', 'cancelling');
    END IF;
    IF (p_step ->> 'closing')::boolean THEN
        PERFORM pg_advisory_xact_lock_shared(billing_budget_lock_v1());
        DELETE FROM billing_hold
        WHERE run_id = p_run AND state = 'waiting' AND step_key <> p_step ->> 'key';
        UPDATE billing_hold h SET
            state = 'dispatched', step_key = p_step ->> 'key', attempt = v_attempt
        WHERE h.run_id = p_run AND h.kind = 'closing' AND h.state = 'held'
            AND h.max_input_tokens >= (p_bound ->> 'max_input_tokens')::bigint
            AND h.input_price >= (p_bound ->> 'input_price')::numeric
            AND h.output_price >= (p_bound ->> 'output_price')::numeric
            AND NOT (p_bound ->> 'ignores_cap')::boolean
        RETURNING 'held' AS outcome, h.id AS hold_id, 0::numeric AS amount,
            h.max_output_tokens AS output_tokens, NULL::jsonb AS refusal INTO v_hold;
        v_closing := FOUND;
        PERFORM 1 FROM billing_hold WHERE run_id = p_run AND kind = 'closing' AND state = 'held';
        IF FOUND THEN
            -- Windows that it may open are opened first: they are locked after those that are older.
            PERFORM billing_windows_v1(
                v_run.owner_id, v_run.api_token_id, v_run.simulated, clock_timestamp()
            );
            UPDATE runs_run SET held_usd = held_usd - billing_release_v1(p_run, true)
            WHERE id = p_run RETURNING held_usd INTO v_run.held_usd;
        END IF;
    END IF;
    IF NOT v_closing THEN
        IF v_run.max_cost_usd IS NOT NULL THEN
            SELECT coalesce(sum(amount), 0) INTO v_closing_money FROM billing_hold
            WHERE run_id = p_run AND kind = 'closing' AND state = 'held';
        END IF;
        v_hold := billing_hold_v1(
            v_run.owner_id, v_run.api_token_id, p_run, p_step ->> 'key', v_attempt, 'call',
            'dispatched', v_run.pattern, v_run.provider, v_run.simulated, p_bound,
            v_run.unspent - v_run.held_usd, v_run.unspent - v_closing_money, 0
        );
    END IF;
    IF v_hold.outcome <> 'held' THEN
        RETURN jsonb_build_object(
            'outcome', CASE v_hold.outcome WHEN 'again' THEN 'held' ELSE v_hold.outcome END,
            'hold', v_hold.hold_id, 'output_tokens', v_hold.output_tokens,
            'refusal', CASE v_hold.outcome WHEN 'exhausted' THEN coalesce(
                v_hold.refusal,
                runs_cap_refusal_v1(
                    v_run.max_cost_usd, v_run.cost_usd, v_run.held_usd, v_hold.amount
                )
            ) END,
            'events', '[]'::jsonb
        );
    END IF;
    UPDATE runs_run SET
        held_usd = held_usd + v_hold.amount, last_seq = last_seq + jsonb_array_length(p_events)
    WHERE id = p_run RETURNING last_seq INTO v_last;
    INSERT INTO runs_step (run_id, key, attempt, kind, label, status, digest, request, hold_id)
    VALUES (
        p_run, p_step ->> 'key', v_attempt, 'llm', p_step ->> 'label', 'started',
        p_step ->> 'digest', p_step -> 'request', v_hold.hold_id
    );
    RETURN jsonb_build_object(
        'outcome', 'held', 'hold', v_hold.hold_id, 'output_tokens', v_hold.output_tokens,
        'events', runs_write_v1(p_run, v_last, p_events)
    );
END $$;
