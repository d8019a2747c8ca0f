-- A worker died: each call that it had in flight is charged its whole hold, in doubt, and money
-- held for calls that were never sent goes back. Returns the number of calls in doubt.
-- The caller holds the run row's lock.
CREATE FUNCTION runs_doubt_v1(p_run uuid, p_epoch int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    v_hold record;
    v_doubts int := 0;
    v_unheld numeric;
BEGIN
    PERFORM billing_lock_v1(p_run);
    FOR v_hold IN
        SELECT id, max_input_tokens, max_output_tokens, input_price, output_price
        FROM billing_hold WHERE run_id = p_run AND state = 'dispatched'
        -- As the days' sums are: those of two runs are then locked in one order.
        ORDER BY (held_at AT TIME ZONE 'UTC')::date, model, id
    LOOP
        PERFORM runs_settle_v1(
            p_run, p_epoch, v_hold.id, 'in_doubt', NULL,
            jsonb_build_object('code', 'in_doubt', 'message', 'The worker stopped in mid-call.'),
            jsonb_build_object(
                'fresh_input_tokens', v_hold.max_input_tokens, 'cached_input_tokens', 0,
                'output_tokens', v_hold.max_output_tokens, 'reasoning_tokens', 0,
                'input_price', v_hold.input_price, 'cached_input_price', v_hold.input_price,
                'output_price', v_hold.output_price
            ),
            'in_doubt', NULL, NULL
        );
        v_doubts := v_doubts + 1;
    END LOOP;
    v_unheld := billing_release_v1(p_run, false);
    UPDATE runs_run SET held_usd = held_usd - v_unheld WHERE id = p_run;
    RETURN v_doubts;
END $$;
