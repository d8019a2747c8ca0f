-- End a hold: charge its usage, or release it when `p_usage` is null (nothing was bought). Closing
-- money that bought nothing is held again for the next try. Money that was held and never sent is
-- released only when `p_final`. Known usage replaces a line in doubt by a reversal and a new line;
-- exact usage also replaces what staff resolved (see keep_in_doubt).
-- Called from: runs.settle_call, release. What the answer names has to be passed to add_to_sums at
-- the transaction's end.
-- Locks: the budgets lock (shared), the hold. The caller holds the run row.
-- Outcomes: `changed` says whether anything was done. Then `unheld`, `amount`, `in_doubt` and
--   `estimated` are what the run's totals change by, and `superseded` is the line, if any, whose
--   tokens no longer count.
-- Idempotent by: the hold: one that is settled or released changes nothing. Where a step's key and
--   attempt are given, the hold has to be theirs, since closing money goes from attempt to attempt.
CREATE FUNCTION billing.settle(
    p_hold bigint, p_usage jsonb, p_confidence text, p_final boolean, p_key text, p_attempt int,
    OUT changed boolean, OUT step_key text, OUT attempt int, OUT unheld numeric,
    OUT amount numeric, OUT in_doubt numeric, OUT estimated numeric, OUT superseded jsonb,
    OUT windows bigint[], OUT lines bigint[], OUT first boolean, OUT overrun numeric
) LANGUAGE plpgsql AS $$
DECLARE
    v_hold record;
    v_line bigint;
    v_line_confidence text;
    v_entry jsonb;
    v_charge record;
    v_reversed numeric := 0;
BEGIN
    PERFORM billing.share_budgets();
    SELECT
        h.state, h.kind, h.amount, h.step_key, h.attempt, h.window_ids, h.provider,
        h.model, h.max_input_tokens, h.max_output_tokens
    INTO v_hold FROM billing_hold h WHERE h.id = p_hold FOR UPDATE;
    step_key := v_hold.step_key;
    attempt := v_hold.attempt;
    windows := v_hold.window_ids;
    IF v_hold.state = 'in_doubt' THEN
        -- The line that stands for this hold now.
        SELECT l.id, l.confidence, to_jsonb(l.*) INTO v_line, v_line_confidence, v_entry
        FROM billing_ledgerentry l
        WHERE l.hold_id = p_hold AND l.reverses_id IS NULL
            AND NOT EXISTS (SELECT 1 FROM billing_ledgerentry r WHERE r.reverses_id = l.id);
    END IF;
    changed := CASE v_hold.state
        WHEN 'dispatched' THEN true
        WHEN 'held' THEN p_final
        WHEN 'in_doubt' THEN p_confidence = 'exact'
            OR (p_confidence = 'estimated' AND v_line_confidence = 'in_doubt')
        ELSE false
    END;
    unheld := 0;
    amount := 0;
    in_doubt := 0;
    estimated := 0;
    overrun := 0;
    lines := '{}';
    first := false;
    changed := changed
        AND (p_key IS NULL OR (step_key, attempt) IS NOT DISTINCT FROM (p_key, p_attempt));
    IF NOT changed THEN
        RETURN;
    END IF;
    IF v_hold.state = 'dispatched' AND v_hold.kind = 'closing' AND p_usage IS NULL THEN
        UPDATE billing_hold SET state = 'held' WHERE id = p_hold;
        RETURN;
    END IF;
    IF v_hold.state = 'in_doubt' THEN
        v_charge := billing.write_line(p_hold, v_entry, v_line_confidence, v_line);
        lines := lines || v_charge.line;
        amount := v_charge.amount;
        v_reversed := -v_charge.amount;
        IF v_line_confidence = 'in_doubt' THEN
            in_doubt := amount;
        ELSE
            estimated := amount;
            superseded := v_entry;
        END IF;
    ELSE
        unheld := v_hold.amount;
    END IF;
    IF p_usage IS NOT NULL THEN
        v_charge := billing.write_line(p_hold, p_usage, p_confidence, NULL);
        lines := lines || v_charge.line;
        first := v_charge.first;
        amount := amount + v_charge.amount;
        -- What the replaced line had counted as overrun goes with it.
        overrun := greatest(0, v_charge.amount - v_hold.amount)
            - greatest(0, v_reversed - v_hold.amount);
        IF p_usage ?| ARRAY['safety', 'past_cap', 'ended'] THEN
            PERFORM billing.learn(
                v_hold.provider, v_hold.model, v_hold.max_input_tokens, v_hold.max_output_tokens,
                p_usage, overrun > 0
            );
        END IF;
        IF p_confidence = 'in_doubt' THEN
            in_doubt := in_doubt + v_charge.amount;
        ELSIF p_confidence = 'estimated' THEN
            estimated := estimated + v_charge.amount;
        END IF;
    END IF;
    UPDATE billing_hold SET
        state = CASE
            WHEN p_usage IS NULL THEN 'released'
            WHEN p_confidence = 'in_doubt' THEN 'in_doubt'
            ELSE 'settled'
        END,
        closed_at = statement_timestamp()
    WHERE id = p_hold;
END $$;

-- Write one ledger line, and add it to the run's sum; `first` says whether it is the run's first.
-- `p_usage` has the disjoint token buckets and their unit prices. A line that reverses another one
-- has its tokens and its amount with the sign turned.
-- Called from: settle. The caller holds the run row and the hold.
CREATE FUNCTION billing.write_line(
    p_hold bigint, p_usage jsonb, p_confidence text, p_reverses bigint,
    OUT line bigint, OUT amount numeric, OUT first boolean
) LANGUAGE plpgsql AS $$
DECLARE
    v_run uuid;
    v_sign int := CASE WHEN p_reverses IS NULL THEN 1 ELSE -1 END;
    v_fresh bigint := v_sign * (p_usage ->> 'fresh_input_tokens')::bigint;
    v_cached bigint := v_sign * (p_usage ->> 'cached_input_tokens')::bigint;
    v_written bigint := v_sign * coalesce((p_usage ->> 'cache_write_tokens')::bigint, 0);
    v_output bigint := v_sign * (p_usage ->> 'output_tokens')::bigint;
    v_reasoning bigint := v_sign * (p_usage ->> 'reasoning_tokens')::bigint;
    v_input_price numeric := (p_usage ->> 'input_price')::numeric;
    v_cached_price numeric := (p_usage ->> 'cached_input_price')::numeric;
    v_written_price numeric := coalesce((p_usage ->> 'cache_write_price')::numeric, 0);
    v_output_price numeric := (p_usage ->> 'output_price')::numeric;
BEGIN
    amount := billing.cost(
        v_fresh, v_cached, v_written, v_output,
        v_input_price, v_cached_price, v_written_price, v_output_price
    );
    INSERT INTO billing_ledgerentry AS l (
        hold_id, owner_id, api_token_id, run_id, step_key, attempt, pattern, model, provider,
        simulated, fresh_input_tokens, cached_input_tokens, cache_write_tokens, output_tokens,
        reasoning_tokens, input_price, cached_input_price, cache_write_price, output_price,
        price_source, amount, confidence, held_at, reverses_id
    )
    SELECT
        h.id, h.owner_id, h.api_token_id, h.run_id, h.step_key, h.attempt, h.pattern, h.model,
        h.provider, h.simulated, v_fresh, v_cached, v_written, v_output, v_reasoning,
        v_input_price, v_cached_price, v_written_price, v_output_price,
        coalesce(p_usage ->> 'price_source', h.price_source), write_line.amount, p_confidence,
        h.held_at, p_reverses
    FROM billing_hold h WHERE h.id = p_hold
    RETURNING l.id, l.run_id INTO line, v_run;

    UPDATE billing_runrollup r SET amount = r.amount + write_line.amount WHERE r.run_id = v_run;
    first := NOT FOUND;
    IF first THEN
        INSERT INTO billing_runrollup (run_id, owner_id, pattern, simulated, day, amount)
        SELECT
            v_run, h.owner_id, h.pattern, h.simulated, (h.held_at AT TIME ZONE 'UTC')::date,
            write_line.amount
        FROM billing_hold h WHERE h.id = p_hold;
    END IF;
END $$;

-- Staff's word on a call in doubt is an estimate: its hold stays in doubt, so that exact usage that
-- arrives later replaces it.
-- Called from: runs.resolve. The caller holds the hold.
CREATE FUNCTION billing.keep_in_doubt(p_hold bigint) RETURNS void LANGUAGE sql AS $$
    UPDATE billing_hold SET state = 'in_doubt' WHERE id = p_hold
$$;
