-- One attempt of an LLM call ends: ledger, hold, rollup, step, run totals and events in one
-- transaction. Money is written whatever the epoch; the step and its event only by the epoch that
-- owns the run. `p_event` is null or the step's last event, to which the cost is added.
-- outcome: settled | fenced
CREATE FUNCTION runs_settle_v1(
    p_run uuid, p_epoch int, p_hold bigint, p_status text, p_response jsonb, p_error jsonb,
    p_usage jsonb, p_confidence text, p_duration_ms bigint, p_event jsonb
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_run record;
    v_paid record;
    v_fenced boolean;
    v_known int := CASE WHEN p_usage IS NULL OR p_confidence = 'in_doubt' THEN 0 ELSE 1 END;
    v_fresh bigint := coalesce((p_usage ->> 'fresh_input_tokens')::bigint, 0);
    v_cached bigint := coalesce((p_usage ->> 'cached_input_tokens')::bigint, 0);
    v_output bigint := coalesce((p_usage ->> 'output_tokens')::bigint, 0);
    v_reasoning bigint := coalesce((p_usage ->> 'reasoning_tokens')::bigint, 0);
    v_totals record;
    v_left numeric;
    v_count int;
    v_events jsonb := '[]'::jsonb;
BEGIN
    SELECT status, epoch INTO v_run FROM runs_run WHERE id = p_run FOR UPDATE;
    v_fenced := v_run.epoch IS DISTINCT FROM p_epoch
        OR v_run.status NOT IN ('running', 'cancelling');
    -- What a worker that lost the run can only estimate is no better than the doubt: it may have
    -- slept while the provider went on writing. (Epoch -1 is an operator's resolution.)
    v_paid := billing_settle_v1(
        p_hold, p_usage,
        CASE WHEN v_fenced AND p_epoch >= 0 AND p_confidence = 'estimated' THEN 'in_doubt'
            ELSE p_confidence END,
        false, p_event #>> '{data,key}', (p_event #>> '{data,attempt}')::int
    );
    IF NOT v_paid.changed THEN
        RETURN jsonb_build_object(
            'outcome', CASE WHEN v_fenced THEN 'fenced' ELSE 'settled' END, 'events', v_events
        );
    END IF;

    UPDATE runs_step SET
        status = CASE WHEN v_fenced THEN status ELSE p_status END,
        response = CASE WHEN v_fenced THEN response ELSE p_response END,
        error = CASE WHEN v_fenced THEN error ELSE p_error END,
        input_tokens = v_fresh + v_cached,
        cached_input_tokens = v_cached,
        output_tokens = v_output,
        reasoning_tokens = v_reasoning,
        cost_usd = cost_usd + v_paid.amount,
        confidence = p_confidence,
        finished_at = now(),
        duration_ms = coalesce(p_duration_ms, duration_ms)
    WHERE run_id = p_run AND key = v_paid.step_key AND attempt = v_paid.attempt;

    IF v_paid.superseded IS NOT NULL THEN
        PERFORM runs_uncount_v1(p_run, v_paid.superseded);
    END IF;
    IF p_event IS NOT NULL AND NOT v_fenced THEN
        v_events := jsonb_build_array(jsonb_set(
            p_event, '{data,cost_usd}', to_jsonb(trim_scale(v_paid.amount)::text)
        ));
    END IF;
    IF v_paid.overrun > 0 AND NOT v_fenced THEN
        v_events := v_events || jsonb_build_object('type', 'notice', 'data', jsonb_build_object(
            'code', 'overrun',
            'message', format(
                'A call cost $%s more than was held for it. From now on more is held for this '
                'model.', trim_scale(v_paid.overrun)
            )
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
        input_tokens = input_tokens + v_known * (v_fresh + v_cached),
        cached_input_tokens = cached_input_tokens + v_known * v_cached,
        output_tokens = output_tokens + v_known * v_output,
        reasoning_tokens = reasoning_tokens + v_known * v_reasoning,
        llm_calls = llm_calls + CASE WHEN p_status = 'done' AND NOT v_fenced THEN 1 ELSE 0 END,
        last_seq = last_seq + v_count
    WHERE id = p_run RETURNING cost_usd, held_usd, last_seq INTO v_totals;
    v_left := billing_post_v1(
        v_paid.windows, v_paid.lines, v_paid.first, v_paid.unheld, v_paid.amount, v_paid.overrun
    );
    IF v_count > jsonb_array_length(v_events) THEN
        v_events := v_events || jsonb_build_object('type', 'cost', 'data', jsonb_build_object(
            'cost_usd', trim_scale(v_totals.cost_usd)::text,
            'held_usd', trim_scale(v_totals.held_usd)::text,
            'budget_remaining_usd', trim_scale(v_left)::text
        ));
    END IF;
    RETURN jsonb_build_object(
        'outcome', CASE WHEN v_fenced THEN 'fenced' ELSE 'settled' END,
        'overrun_usd', trim_scale(v_paid.overrun)::text,
        'events', runs_write_v1(p_run, v_totals.last_seq, v_events)
    );
END $$;
