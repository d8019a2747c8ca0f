-- End a hold: charge its usage, or release it when `p_usage` is null (nothing was bought).
-- Idempotent: a hold that is settled or released already changes nothing. Known usage supersedes
-- an in-doubt line by a reversal and a new line. The caller holds the run row's lock; this takes
-- the hold's. The answer holds what the run's totals change by.
CREATE FUNCTION billing_settle_v1(
    p_hold bigint, p_usage jsonb, p_confidence text,
    OUT changed boolean, OUT step_key text, OUT attempt int, OUT unheld numeric,
    OUT amount numeric, OUT in_doubt numeric, OUT estimated numeric
) LANGUAGE plpgsql AS $$
DECLARE
    v_hold record;
    v_doubt record;
BEGIN
    SELECT h.state, h.amount, h.step_key, h.attempt INTO v_hold
    FROM billing_hold h WHERE h.id = p_hold FOR UPDATE;
    step_key := v_hold.step_key;
    attempt := v_hold.attempt;
    changed := v_hold.state IN ('held', 'dispatched')
        OR (v_hold.state = 'in_doubt' AND p_confidence <> 'in_doubt');
    unheld := 0;
    amount := 0;
    in_doubt := 0;
    estimated := 0;
    IF NOT changed THEN
        RETURN;
    END IF;
    IF v_hold.state = 'in_doubt' THEN
        SELECT to_jsonb(l.*) AS line, l.id, l.amount INTO v_doubt FROM billing_ledgerentry l
        WHERE l.hold_id = p_hold AND l.confidence = 'in_doubt' AND l.reverses_id IS NULL;
        amount := billing_charge_v1(p_hold, v_doubt.line, 'in_doubt', v_doubt.id);
        in_doubt := amount;
    ELSE
        unheld := v_hold.amount;
    END IF;
    IF p_usage IS NOT NULL THEN
        amount := amount + billing_charge_v1(p_hold, p_usage, p_confidence, NULL);
    END IF;
    IF p_confidence = 'in_doubt' THEN
        in_doubt := amount;
    ELSIF p_confidence = 'estimated' THEN
        estimated := amount - in_doubt;
    END IF;
    UPDATE billing_hold SET
        state = CASE
            WHEN p_usage IS NULL THEN 'released'
            WHEN p_confidence = 'in_doubt' THEN 'in_doubt'
            ELSE 'settled'
        END,
        closed_at = now()
    WHERE id = p_hold;
END $$;
