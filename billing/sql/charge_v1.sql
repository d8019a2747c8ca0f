-- Write one ledger line and add it to the run's sum; `first` says whether it is the run's first one.
-- The sums that runs share are billing_post_v1's. `p_usage` carries the disjoint buckets and the unit
-- prices. The caller holds the run row's lock and the hold's.
CREATE FUNCTION billing_charge_v1(
    p_hold bigint, p_usage jsonb, p_confidence text, p_reverses bigint,
    OUT line bigint, OUT amount numeric, OUT first boolean
) LANGUAGE plpgsql AS $$
DECLARE
    v_run uuid;
    v_sign int := CASE WHEN p_reverses IS NULL THEN 1 ELSE -1 END;
    v_fresh bigint := v_sign * (p_usage ->> 'fresh_input_tokens')::bigint;
    v_cached bigint := v_sign * (p_usage ->> 'cached_input_tokens')::bigint;
    v_output bigint := v_sign * (p_usage ->> 'output_tokens')::bigint;
    v_reasoning bigint := v_sign * (p_usage ->> 'reasoning_tokens')::bigint;
    v_input_price numeric := (p_usage ->> 'input_price')::numeric;
    v_cached_price numeric := (p_usage ->> 'cached_input_price')::numeric;
    v_output_price numeric := (p_usage ->> 'output_price')::numeric;
BEGIN
    amount := (
        v_fresh * v_input_price + v_cached * v_cached_price + v_output * v_output_price
    ) * 0.000001;
    INSERT INTO billing_ledgerentry AS l (
        hold_id, owner_id, api_token_id, run_id, step_key, attempt, pattern, model, provider,
        simulated, fresh_input_tokens, cached_input_tokens, output_tokens, reasoning_tokens,
        input_price, cached_input_price, output_price, price_source, amount, confidence, held_at,
        reverses_id
    )
    SELECT
        h.id, h.owner_id, h.api_token_id, h.run_id, h.step_key, h.attempt, h.pattern, h.model,
        h.provider, h.simulated, v_fresh, v_cached, v_output, v_reasoning,
        v_input_price, v_cached_price, v_output_price,
        coalesce(p_usage ->> 'price_source', h.price_source), billing_charge_v1.amount, p_confidence,
        h.held_at, p_reverses
    FROM billing_hold h WHERE h.id = p_hold
    RETURNING l.id, l.run_id INTO line, v_run;

    UPDATE billing_runrollup r SET amount = r.amount + billing_charge_v1.amount
    WHERE r.run_id = v_run;
    first := NOT FOUND;
    IF first THEN
        INSERT INTO billing_runrollup (run_id, owner_id, pattern, simulated, day, amount)
        SELECT
            v_run, h.owner_id, h.pattern, h.simulated, (h.held_at AT TIME ZONE 'UTC')::date,
            billing_charge_v1.amount
        FROM billing_hold h WHERE h.id = p_hold;
    END IF;
END $$;
