-- What tokens cost, in US dollars: the only place in SQL where tokens are multiplied by a price.
-- The buckets are disjoint, prices are per million tokens, and `p_prices` has one for each bucket.
-- Called from: max_cost, write_line.
CREATE FUNCTION billing.cost(
    p_fresh_input bigint, p_cached_input bigint, p_cache_write bigint, p_output bigint,
    p_input_price numeric, p_cached_input_price numeric, p_cache_write_price numeric,
    p_output_price numeric
) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT 0.000001 * (
        p_fresh_input * p_input_price + p_cached_input * p_cached_input_price
        + p_cache_write * p_cache_write_price + p_output * p_output_price
    )
$$;

-- The most that a call can cost with so many output tokens. `p_bound` has the most input tokens that
-- it can have and the dearest prices that it can reach: that of input is the dearest of fresh input,
-- cached input and cache writes.
-- Called from: hold, affordable_output; runs.begin.
CREATE FUNCTION billing.max_cost(p_bound jsonb, p_output bigint) RETURNS numeric
LANGUAGE sql IMMUTABLE AS $$
    SELECT billing.cost(
        (p_bound ->> 'max_input_tokens')::bigint, 0, 0, p_output,
        (p_bound ->> 'input_price')::numeric, 0, 0, (p_bound ->> 'output_price')::numeric
    )
$$;

-- The most that the shortest answer worth its input can cost.
-- Called from: hold; runs.begin.
CREATE FUNCTION billing.min_cost(p_bound jsonb) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT billing.max_cost(p_bound, least(
        (p_bound ->> 'max_output_tokens')::bigint, (p_bound ->> 'min_output_tokens')::bigint
    ))
$$;

-- The output tokens that an amount pays for, besides the call's whole input.
-- Called from: hold, where the whole output costs more than the amount.
CREATE FUNCTION billing.affordable_output(p_bound jsonb, p_amount numeric) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$
    SELECT floor(
        (p_amount - billing.max_cost(p_bound, 0))
        / billing.cost(0, 0, 0, 1, 0, 0, 0, (p_bound ->> 'output_price')::numeric)
    )::bigint
$$;
