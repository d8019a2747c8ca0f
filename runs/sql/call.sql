-- One attempt of an LLM call begins: its money is held and dispatched, its step started, its event
-- written. A closing call uses the closing money, and the tickets of calls that it makes needless go;
-- closing money that is too little for it is given back, and it asks as any other call. Under the
-- run's own cap, what its pending calls hold may come back, but not its closing money.
-- Called from: Python.
-- Locks: the run row, the budgets lock (shared), windows by id, holds.
-- Outcomes: held; fenced; cancelling; taken (this attempt is over); waiting, exhausted, uncapped,
--   probing (see billing.hold).
-- Idempotent by: (run, step key, attempt).
CREATE FUNCTION runs.hold_call(
    p_run uuid, p_epoch int, p_step jsonb, p_bound jsonb, p_events jsonb
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_run record := runs.lock(p_run, p_epoch);
    v_payer billing.payer := (v_run.owner_id, v_run.api_token_id, v_run.simulated);
    v_cap_unspent numeric := v_run.max_cost_usd - v_run.cost_usd;
    v_key text := p_step ->> 'key';
    v_attempt int := (p_step ->> 'attempt')::int;
    -- A role's model, or a fallback, may be another provider's than the run's own.
    v_provider text := coalesce(p_bound ->> 'provider', v_run.provider);
    v_hold record;
    v_closing boolean := false;
    v_closing_money numeric;
    v_objection text;
    v_last int;
BEGIN
    IF NOT v_run.owned THEN
        RETURN jsonb_build_object('outcome', 'fenced');
    END IF;
    IF v_run.status = 'cancelling' THEN
        -- An earlier try whose reply was lost: nothing was sent.
        PERFORM runs.settle_call(
            p_run, p_epoch, id, 'cancelled', NULL, NULL, NULL, 'exact', 0, NULL
        ) FROM billing_hold
        WHERE run_id = p_run AND step_key = v_key AND attempt = v_attempt AND state = 'dispatched';
        RETURN jsonb_build_object('outcome', 'cancelling');
    END IF;
    IF (p_step ->> 'closing')::boolean THEN
        PERFORM billing.share_budgets();
        DELETE FROM billing_hold
        WHERE run_id = p_run AND state = 'waiting' AND step_key <> v_key;
        v_objection := billing.closing_objection(
            p_run, v_run.simulated, v_provider, p_bound ->> 'model',
            v_run.max_cost_usd IS NOT NULL
        );
        IF v_objection = 'probing' THEN
            RETURN jsonb_build_object('outcome', 'probing', 'events', '[]'::jsonb);
        END IF;
        UPDATE billing_hold h SET
            state = 'dispatched', step_key = v_key, attempt = v_attempt,
            model = p_bound ->> 'model', -- the run's own, or a cheaper one that answers instead
            provider = v_provider
        WHERE h.run_id = p_run AND h.kind = 'closing' AND h.state = 'held'
            AND h.max_input_tokens >= (p_bound ->> 'max_input_tokens')::bigint
            AND h.input_price >= (p_bound ->> 'input_price')::numeric
            AND h.output_price >= (p_bound ->> 'output_price')::numeric
            AND v_objection IS DISTINCT FROM 'uncapped'
        RETURNING 'held' AS outcome, h.id AS hold_id, 0::numeric AS amount,
            h.max_output_tokens AS output_tokens, NULL::jsonb AS refusal INTO v_hold;
        v_closing := FOUND;
        PERFORM 1 FROM billing_hold WHERE run_id = p_run AND kind = 'closing' AND state = 'held';
        IF FOUND THEN
            -- The closing money doesn't fit the call. New windows are opened before `release` locks
            -- older ones, since windows are locked by id.
            PERFORM billing.open_windows(v_payer, clock_timestamp());
            UPDATE runs_run SET held_usd = held_usd - billing.release(p_run, true)
            WHERE id = p_run RETURNING held_usd INTO v_run.held_usd;
        END IF;
    END IF;
    IF NOT v_closing THEN
        IF v_cap_unspent IS NOT NULL THEN
            SELECT coalesce(sum(amount), 0) INTO v_closing_money FROM billing_hold
            WHERE run_id = p_run AND kind = 'closing' AND state = 'held';
        END IF;
        v_hold := billing.hold(
            v_payer, p_run, v_key, v_attempt, 'call', 'dispatched', v_run.pattern, v_provider,
            p_bound, v_cap_unspent - v_run.held_usd, v_cap_unspent - v_closing_money, 0
        );
    END IF;
    IF v_hold.outcome <> 'held' THEN
        RETURN jsonb_build_object(
            'outcome', CASE v_hold.outcome WHEN 'again' THEN 'held' ELSE v_hold.outcome END,
            'hold', v_hold.hold_id, 'output_tokens', v_hold.output_tokens,
            'refusal', CASE v_hold.outcome WHEN 'exhausted' THEN coalesce(
                v_hold.refusal,
                runs.cap_refusal(
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
        p_run, v_key, v_attempt, 'llm', p_step ->> 'label', 'started', p_step ->> 'digest',
        p_step -> 'request', v_hold.hold_id
    );
    RETURN jsonb_build_object(
        'outcome', 'held', 'hold', v_hold.hold_id, 'output_tokens', v_hold.output_tokens,
        'events', runs.insert_events(p_run, v_last, p_events)
    );
END $$;

-- One attempt of an LLM call ends: ledger, hold, sums, step, run totals and events in one
-- transaction. Money is written whatever the epoch; the step's end and its event only by the epoch
-- that owns the run. `p_event` is the step's last event, to which the cost is added, or null.
-- `p_notice` says, with its sentence, what is odd about the charge; it becomes a warning of the run, and
-- is told once.
-- Called from: Python, hold_call, mark_in_doubt, resolve.
-- Locks: the run row, the budgets lock (shared), the hold, the step, then windows and daily sums.
-- Outcomes: settled; fenced.
-- Idempotent by: the hold.
CREATE FUNCTION runs.settle_call(
    p_run uuid, p_epoch int, p_hold bigint, p_status text, p_response jsonb, p_error jsonb,
    p_usage jsonb, p_confidence text, p_duration_ms bigint, p_event jsonb,
    p_notice jsonb DEFAULT NULL
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_run record := runs.lock(p_run, p_epoch);
    v_outcome text := CASE WHEN v_run.owned THEN 'settled' ELSE 'fenced' END;
    v_paid record;
    -- Tokens in doubt are no part of a run's usage.
    v_known int := CASE WHEN p_usage IS NULL OR p_confidence = 'in_doubt' THEN 0 ELSE 1 END;
    v_fresh bigint := coalesce((p_usage ->> 'fresh_input_tokens')::bigint, 0);
    v_cached bigint := coalesce((p_usage ->> 'cached_input_tokens')::bigint, 0);
    v_written bigint := coalesce((p_usage ->> 'cache_write_tokens')::bigint, 0);
    v_output bigint := coalesce((p_usage ->> 'output_tokens')::bigint, 0);
    v_reasoning bigint := coalesce((p_usage ->> 'reasoning_tokens')::bigint, 0);
    v_totals record;
    v_sums record;
    v_count int;
    v_events jsonb := '[]'::jsonb;
BEGIN
    -- What a worker that lost the run can only estimate is no better than the doubt: it may have
    -- slept while the provider went on writing. (Epoch -1 is staff's resolution.)
    v_paid := billing.settle(
        p_hold, p_usage,
        CASE WHEN NOT v_run.owned AND p_epoch >= 0 AND p_confidence = 'estimated' THEN 'in_doubt'
            ELSE p_confidence END,
        false, p_event #>> '{data,key}', (p_event #>> '{data,attempt}')::int
    );
    IF NOT v_paid.changed THEN
        IF v_run.owned AND p_status = 'done' THEN
            v_events := runs.keep_answer(
                p_run, v_paid.step_key, v_paid.attempt, p_response, p_duration_ms, p_event
            );
        END IF;
        RETURN jsonb_build_object('outcome', v_outcome, 'events', v_events);
    END IF;

    UPDATE runs_step SET
        status = CASE WHEN v_run.owned THEN p_status ELSE status END,
        response = CASE WHEN v_run.owned THEN p_response ELSE response END,
        error = CASE WHEN v_run.owned THEN p_error ELSE error END,
        input_tokens = v_fresh + v_cached + v_written,
        cached_input_tokens = v_cached,
        output_tokens = v_output,
        reasoning_tokens = v_reasoning,
        cost_usd = cost_usd + v_paid.amount,
        confidence = p_confidence,
        finished_at = now(),
        duration_ms = coalesce(p_duration_ms, duration_ms)
    WHERE run_id = p_run AND key = v_paid.step_key AND attempt = v_paid.attempt;

    IF v_paid.superseded IS NOT NULL THEN
        PERFORM runs.subtract_tokens(p_run, v_paid.superseded);
    END IF;
    IF p_event IS NOT NULL AND v_run.owned THEN
        v_events := jsonb_build_array(jsonb_set(
            p_event, '{data,cost_usd}', to_jsonb(trim_scale(v_paid.amount)::text)
        ));
    END IF;
    IF p_notice IS NOT NULL AND v_run.owned THEN
        UPDATE runs_run SET warnings = warnings || (p_notice -> 'message')
        WHERE id = p_run AND NOT warnings ? (p_notice ->> 'message');
        IF FOUND THEN
            v_events := v_events || jsonb_build_object('type', 'notice', 'data', p_notice);
        END IF;
    END IF;
    IF v_paid.overrun > 0 AND v_run.owned THEN
        v_events := v_events || jsonb_build_object('type', 'notice', 'data', jsonb_build_object(
            'code', 'overrun', 'overrun_usd', trim_scale(v_paid.overrun)::text
        ));
    END IF;
    -- The last event says what the cost came to; after the run's end there is none.
    v_count := jsonb_array_length(v_events)
        + (v_run.status NOT IN ('succeeded', 'failed', 'cancelled'))::int;
    UPDATE runs_run SET
        held_usd = held_usd - v_paid.unheld,
        cost_usd = cost_usd + v_paid.amount,
        in_doubt_usd = in_doubt_usd + v_paid.in_doubt,
        estimated_usd = estimated_usd + v_paid.estimated,
        input_tokens = input_tokens + v_known * (v_fresh + v_cached + v_written),
        cached_input_tokens = cached_input_tokens + v_known * v_cached,
        output_tokens = output_tokens + v_known * v_output,
        reasoning_tokens = reasoning_tokens + v_known * v_reasoning,
        llm_calls = llm_calls + (p_status = 'done' AND v_run.owned)::int,
        last_seq = last_seq + v_count
    WHERE id = p_run RETURNING cost_usd, held_usd, last_seq INTO v_totals;
    v_sums := billing.add_to_sums(
        v_paid.windows, v_paid.lines, v_paid.first, v_paid.unheld, v_paid.amount, v_paid.overrun
    );
    IF v_sums.reached <> '{}' THEN
        PERFORM runs.tell_thresholds(v_sums.reached);
    END IF;
    IF v_count > jsonb_array_length(v_events) THEN
        v_events := v_events || jsonb_build_object('type', 'cost', 'data', jsonb_build_object(
            'cost_usd', trim_scale(v_totals.cost_usd)::text,
            'held_usd', trim_scale(v_totals.held_usd)::text,
            'budget_remaining_usd', trim_scale(v_sums.tightest)::text
        ));
    END IF;
    RETURN jsonb_build_object(
        'outcome', v_outcome,
        'overrun_usd', trim_scale(v_paid.overrun)::text,
        'events', runs.insert_events(p_run, v_totals.last_seq, v_events)
    );
END $$;

-- An answer was read on whose money a worker that had lost the run has settled: only the journal lacks
-- it. Returns the events, none where the step has its answer.
-- Called from: settle_call, which holds the run row.
-- Locks: the step.
CREATE FUNCTION runs.keep_answer(
    p_run uuid, p_key text, p_attempt int, p_response jsonb, p_duration_ms bigint, p_event jsonb
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_cost numeric;
    v_last int;
BEGIN
    UPDATE runs_step SET
        status = 'done', response = p_response, error = NULL, finished_at = now(),
        duration_ms = p_duration_ms
    WHERE run_id = p_run AND key = p_key AND attempt = p_attempt
        AND status IN ('started', 'in_doubt') AND answer_after IS NOT NULL
    RETURNING cost_usd INTO v_cost;
    IF NOT FOUND THEN
        RETURN '[]'::jsonb;
    END IF;
    UPDATE runs_run SET llm_calls = llm_calls + 1, last_seq = last_seq + 1
    WHERE id = p_run RETURNING last_seq INTO v_last;
    RETURN runs.insert_events(p_run, v_last, jsonb_build_array(jsonb_set(
        p_event, '{data,cost_usd}', to_jsonb(trim_scale(v_cost)::text)
    )));
END $$;

-- A tool call is asked for, begins or ends: its journal row and its events.
-- Called from: Python.
-- Locks: the run row, the step.
-- Outcomes: written; fenced.
-- Idempotent by: (run, key, attempt, status), so that a lost COMMIT reply is met by asking again.
CREATE FUNCTION runs.record_tool(p_run uuid, p_epoch int, p_step jsonb, p_events jsonb)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_run record := runs.lock(p_run, p_epoch);
    v_status text := p_step ->> 'status';
BEGIN
    IF NOT v_run.owned THEN
        RETURN jsonb_build_object('outcome', 'fenced');
    END IF;
    PERFORM 1 FROM runs_step
    WHERE run_id = p_run AND key = p_step ->> 'key'
        AND attempt = (p_step ->> 'attempt')::int AND status = v_status;
    IF FOUND THEN
        RETURN jsonb_build_object('outcome', 'written', 'events', '[]'::jsonb);
    END IF;
    INSERT INTO runs_step AS s (run_id, key, attempt, kind, label, status, digest, request)
    VALUES (
        p_run, p_step ->> 'key', (p_step ->> 'attempt')::int, 'tool', p_step ->> 'label', v_status,
        p_step ->> 'digest', p_step -> 'request'
    )
    ON CONFLICT ON CONSTRAINT step_unique DO UPDATE SET
        status = excluded.status,
        response = NULLIF(p_step -> 'response', 'null'::jsonb),
        error = NULLIF(p_step -> 'error', 'null'::jsonb),
        -- What had to be approved begins only now.
        started_at = CASE v_status WHEN 'started' THEN now() ELSE s.started_at END,
        finished_at = CASE v_status WHEN 'started' THEN NULL ELSE now() END,
        duration_ms = (p_step ->> 'duration_ms')::bigint;
    IF v_status IN ('done', 'failed') THEN
        UPDATE runs_run SET tool_calls = tool_calls + 1 WHERE id = p_run;
    END IF;
    RETURN jsonb_build_object('outcome', 'written', 'events', runs.append_events(p_run, p_events));
END $$;
