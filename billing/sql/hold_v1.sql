-- Set money aside for one attempt of a call. Idempotent by (run, step key, attempt), so that a
-- lost COMMIT reply can be met by asking again. The caller holds the run row's lock.
CREATE FUNCTION billing_hold_v1(
    p_owner bigint, p_api_token uuid, p_run uuid, p_key text, p_attempt int, p_kind text,
    p_state text, p_pattern text, p_provider text, p_simulated boolean, p_bound jsonb,
    OUT hold_id bigint, OUT amount numeric, OUT taken boolean
) LANGUAGE plpgsql AS $$
DECLARE
    v_input bigint := (p_bound ->> 'max_input_tokens')::bigint;
    v_output bigint := (p_bound ->> 'max_output_tokens')::bigint;
    v_input_price numeric := (p_bound ->> 'input_price')::numeric;
    v_output_price numeric := (p_bound ->> 'output_price')::numeric;
BEGIN
    amount := (v_input * v_input_price + v_output * v_output_price) * 0.000001;
    taken := true;
    INSERT INTO billing_hold AS h (
        owner_id, api_token_id, run_id, step_key, attempt, kind, state, amount,
        max_input_tokens, max_output_tokens, pattern, model, provider, simulated,
        input_price, output_price, price_source
    ) VALUES (
        p_owner, p_api_token, p_run, p_key, p_attempt, p_kind, p_state, amount,
        v_input, v_output, p_pattern, p_bound ->> 'model', p_provider, p_simulated,
        v_input_price, v_output_price, p_bound ->> 'price_source'
    )
    ON CONFLICT ON CONSTRAINT hold_unique DO NOTHING
    RETURNING h.id INTO hold_id;
    IF hold_id IS NULL THEN
        taken := false;
        SELECT h.id, h.amount INTO hold_id, amount FROM billing_hold h
        WHERE h.run_id = p_run AND h.step_key = p_key AND h.attempt = p_attempt
            AND h.state = p_state;
    END IF;
END $$;
