-- Staff say what a call in doubt cost: its line is reversed, and `p_usage` is charged as an estimate.
-- `p_note` is kept with the step's error.
-- Called from: Python.
-- Locks: as settle_call; the run row first.
-- Outcomes: resolved; not_in_doubt (resolved before, replaced by known usage, or never in doubt).
CREATE FUNCTION runs.resolve(p_line bigint, p_usage jsonb, p_note text) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_line record;
    v_answer jsonb;
BEGIN
    SELECT run_id, hold_id, step_key, attempt INTO v_line FROM billing_ledgerentry
    WHERE id = p_line AND confidence = 'in_doubt' AND reverses_id IS NULL;
    PERFORM 1 FROM runs_run WHERE id = v_line.run_id FOR UPDATE;
    PERFORM 1 FROM billing_ledgerentry WHERE reverses_id = p_line;
    IF FOUND OR v_line.hold_id IS NULL THEN
        RETURN jsonb_build_object('outcome', 'not_in_doubt');
    END IF;
    -- No epoch has this number: the money is written, and neither the step's state nor the run's.
    v_answer := runs.settle_call(
        v_line.run_id, -1, v_line.hold_id, 'in_doubt', NULL, NULL, p_usage, 'estimated', NULL, NULL
    );
    PERFORM billing.keep_in_doubt(v_line.hold_id);
    UPDATE runs_step SET error = coalesce(error, '{}') || jsonb_build_object('note', p_note)
    WHERE run_id = v_line.run_id AND key = v_line.step_key AND attempt = v_line.attempt;
    RETURN v_answer || jsonb_build_object('outcome', 'resolved');
END $$;

-- A worker is gone: each of its pending calls is charged its whole hold, in doubt, and money held for
-- calls that were never sent goes back, but for the closing money. With `p_goes_on`, calls whose answers
-- the next worker can read on keep their money dispatched. Returns the number of calls in doubt.
-- Called from: requeue, end_early.
-- Locks: the budgets lock (shared), windows by id, holds, steps, daily sums. The caller holds the run
--   row.
CREATE FUNCTION runs.mark_in_doubt(p_run uuid, p_goes_on boolean) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    v_epoch int;
    v_hold record;
    v_in_doubt int := 0;
BEGIN
    SELECT epoch INTO v_epoch FROM runs_run WHERE id = p_run;
    PERFORM billing.lock_windows(p_run);
    FOR v_hold IN
        SELECT id, max_input_tokens, max_output_tokens, input_price, output_price
        FROM billing_hold h WHERE run_id = p_run AND state = 'dispatched' AND NOT (
            p_goes_on AND EXISTS (
                SELECT 1 FROM runs_step s
                WHERE s.run_id = p_run AND s.key = h.step_key AND s.attempt = h.attempt
                    AND s.answer_after IS NOT NULL
            )
        )
        -- In the order of the daily sums, which the sweeps of two runs then lock in one order.
        ORDER BY (held_at AT TIME ZONE 'UTC')::date, model, id
    LOOP
        PERFORM runs.settle_call(
            p_run, v_epoch, v_hold.id, 'in_doubt', NULL, '{"code": "in_doubt"}',
            jsonb_build_object(
                'fresh_input_tokens', v_hold.max_input_tokens, 'cached_input_tokens', 0,
                'cache_write_tokens', 0, 'output_tokens', v_hold.max_output_tokens,
                'reasoning_tokens', 0, 'input_price', v_hold.input_price,
                'cached_input_price', v_hold.input_price, 'cache_write_price', v_hold.input_price,
                'output_price', v_hold.output_price
            ),
            'in_doubt', NULL, NULL
        );
        v_in_doubt := v_in_doubt + 1;
    END LOOP;
    UPDATE runs_run SET held_usd = held_usd - billing.release(p_run, false) WHERE id = p_run;
    RETURN v_in_doubt;
END $$;

-- Take the tokens of a replaced ledger line out of the run's totals.
-- Called from: settle_call, which holds the run row.
CREATE FUNCTION runs.subtract_tokens(p_run uuid, p_line jsonb) RETURNS void LANGUAGE sql AS $$
    UPDATE runs_run SET
        input_tokens = input_tokens - (p_line ->> 'fresh_input_tokens')::bigint
            - (p_line ->> 'cached_input_tokens')::bigint
            - (p_line ->> 'cache_write_tokens')::bigint,
        cached_input_tokens = cached_input_tokens - (p_line ->> 'cached_input_tokens')::bigint,
        output_tokens = output_tokens - (p_line ->> 'output_tokens')::bigint,
        reasoning_tokens = reasoning_tokens - (p_line ->> 'reasoning_tokens')::bigint
    WHERE id = p_run
$$;
