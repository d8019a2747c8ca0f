-- Why money was refused, for the reader: the hard budget that stands in the way, and its figures. One
-- in which settled money alone leaves too little is named before one that is only held full.
CREATE FUNCTION billing_refusal_v1(
    p_owner bigint, p_api_token uuid, p_simulated boolean, p_requested numeric
) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'scope', b.scope,
        'window', b.period,
        'timezone', b.timezone,
        'limit_usd', trim_scale(coalesce(w.limit_usd, b.limit_usd))::text,
        'settled_usd', trim_scale(coalesce(w.settled_usd, 0))::text,
        'held_usd', trim_scale(coalesce(w.held_usd, 0))::text,
        'requested_usd', trim_scale(p_requested)::text,
        'resets_at', to_char(
            billing_window_end_v1(b.period, b.timezone, p.starts_at) AT TIME ZONE 'UTC',
            'YYYY-MM-DD"T"HH24:MI:SS"Z"'
        )
    )
    FROM billing_rooms_v1(p_owner, p_api_token, p_simulated) r
    JOIN billing_budget b ON b.id = r.budget
    CROSS JOIN LATERAL (
        SELECT billing_window_start_v1(b.period, b.timezone, statement_timestamp()) AS starts_at
    ) p
    LEFT JOIN billing_budgetwindow w ON w.budget_id = b.id AND w.simulated = p_simulated
        AND w.starts_at = p.starts_at
    ORDER BY least(p_requested, r.unspent), r.free + coalesce(billing_flying_v1(w.id), 0)
    LIMIT 1
$$;
