-- Why a run's own cap refused money, in the words of billing_refusal_v1. A cap never resets.
CREATE FUNCTION runs_cap_refusal_v1(
    p_cap numeric, p_settled numeric, p_held numeric, p_requested numeric
) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_build_object(
        'scope', 'run',
        'window', NULL,
        'timezone', NULL,
        'limit_usd', trim_scale(p_cap)::text,
        'settled_usd', trim_scale(p_settled)::text,
        'held_usd', trim_scale(p_held)::text,
        'requested_usd', trim_scale(p_requested)::text,
        'resets_at', NULL
    )
$$;
