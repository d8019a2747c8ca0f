-- The most that a call can cost with so many output tokens; `p_bound` has its input and its prices.
CREATE FUNCTION billing_bound_v1(p_bound jsonb, p_output bigint) RETURNS numeric
LANGUAGE sql IMMUTABLE AS $$
    SELECT 0.000001 * (
        (p_bound ->> 'max_input_tokens')::bigint * (p_bound ->> 'input_price')::numeric
        + p_output * (p_bound ->> 'output_price')::numeric
    )
$$;
