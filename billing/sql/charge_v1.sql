-- Write one ledger line and add it to the day's rollup. `p_usage` carries the disjoint buckets and
-- the unit prices. The caller holds the hold's row lock.
CREATE FUNCTION billing_charge_v1(
    p_hold bigint, p_usage jsonb, p_confidence text, p_reverses bigint
) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
    v_sign int := CASE WHEN p_reverses IS NULL THEN 1 ELSE -1 END;
    v_fresh bigint := v_sign * (p_usage ->> 'fresh_input_tokens')::bigint;
    v_cached bigint := v_sign * (p_usage ->> 'cached_input_tokens')::bigint;
    v_output bigint := v_sign * (p_usage ->> 'output_tokens')::bigint;
    v_reasoning bigint := v_sign * (p_usage ->> 'reasoning_tokens')::bigint;
    v_input_price numeric := (p_usage ->> 'input_price')::numeric;
    v_cached_price numeric := (p_usage ->> 'cached_input_price')::numeric;
    v_output_price numeric := (p_usage ->> 'output_price')::numeric;
    v_amount numeric := (
        v_fresh * v_input_price + v_cached * v_cached_price + v_output * v_output_price
    ) * 0.000001;
BEGIN
    INSERT INTO billing_ledgerentry (
        hold_id, owner_id, api_token_id, run_id, step_key, attempt, pattern, model, provider,
        simulated, fresh_input_tokens, cached_input_tokens, output_tokens, reasoning_tokens,
        input_price, cached_input_price, output_price, price_source, amount, confidence, held_at,
        reverses_id
    )
    SELECT
        h.id, h.owner_id, h.api_token_id, h.run_id, h.step_key, h.attempt, h.pattern, h.model,
        h.provider, h.simulated, v_fresh, v_cached, v_output, v_reasoning,
        v_input_price, v_cached_price, v_output_price, h.price_source, v_amount, p_confidence,
        h.held_at, p_reverses
    FROM billing_hold h WHERE h.id = p_hold;

    INSERT INTO billing_usagerollup AS u (
        day, owner_id, model, pattern, simulated, amount, calls,
        fresh_input_tokens, cached_input_tokens, output_tokens, reasoning_tokens
    )
    SELECT
        (h.held_at AT TIME ZONE 'UTC')::date, h.owner_id, h.model, h.pattern, h.simulated,
        v_amount, v_sign, v_fresh, v_cached, v_output, v_reasoning
    FROM billing_hold h WHERE h.id = p_hold
    ON CONFLICT ON CONSTRAINT rollup_unique DO UPDATE SET
        amount = u.amount + excluded.amount,
        calls = u.calls + excluded.calls,
        fresh_input_tokens = u.fresh_input_tokens + excluded.fresh_input_tokens,
        cached_input_tokens = u.cached_input_tokens + excluded.cached_input_tokens,
        output_tokens = u.output_tokens + excluded.output_tokens,
        reasoning_tokens = u.reasoning_tokens + excluded.reasoning_tokens;
    RETURN v_amount;
END $$;
