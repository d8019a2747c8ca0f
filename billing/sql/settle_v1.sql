-- End a hold: charge its usage, or release it when `p_usage` is null (nothing was bought).
-- Closing money that bought nothing is held again for the next try. Money that was held and never
-- sent is released only when `p_final`.
-- Idempotent: a hold that is settled or released already changes nothing. Known usage supersedes
-- an in-doubt line by a reversal and a new line, and exact usage an operator's resolution of one
-- (see billing_keep_doubt_v1). Where a step's key and attempt are given, the hold has to be theirs:
-- closing money goes from one attempt to the next. The caller holds the run row's lock; this takes
-- the hold's. The answer holds what the run's totals change by, the line whose tokens no longer count
-- (`superseded`), and what the caller has to hand to billing_post_v1 at the end.
CREATE FUNCTION billing_settle_v1(
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
    PERFORM pg_advisory_xact_lock_shared(billing_budget_lock_v1());
    SELECT
        h.state, h.kind, h.amount, h.step_key, h.attempt, h.window_ids, h.provider,
        h.model, h.max_input_tokens, h.max_output_tokens
    INTO v_hold FROM billing_hold h WHERE h.id = p_hold FOR UPDATE;
    step_key := v_hold.step_key;
    attempt := v_hold.attempt;
    windows := v_hold.window_ids;
    IF v_hold.state = 'in_doubt' THEN
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
        v_charge := billing_charge_v1(p_hold, v_entry, v_line_confidence, v_line);
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
        v_charge := billing_charge_v1(p_hold, p_usage, p_confidence, NULL);
        lines := lines || v_charge.line;
        first := v_charge.first;
        amount := amount + v_charge.amount;
        -- What a superseded line had counted as overrun goes with it.
        overrun := greatest(0, v_charge.amount - v_hold.amount)
            - greatest(0, v_reversed - v_hold.amount);
        -- Only what the provider counted teaches: a count of ours is none of its making.
        IF overrun > 0 AND p_confidence = 'exact' AND p_usage ? 'safety' THEN
            PERFORM billing_overrun_v1(
                v_hold.provider,
                v_hold.model,
                (p_usage ->> 'safety')::numeric,
                (
                    (p_usage ->> 'fresh_input_tokens')::numeric
                    + (p_usage ->> 'cached_input_tokens')::numeric
                ) / greatest(1, v_hold.max_input_tokens),
                (p_usage ->> 'output_tokens')::bigint > v_hold.max_output_tokens * 1.1 + 16
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
