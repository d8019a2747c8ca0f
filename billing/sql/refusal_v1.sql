-- Why money was refused, for the reader: the hard window that stands in the way, and its figures. A
-- window in which settled money alone leaves too little is named before one that is only held full.
CREATE FUNCTION billing_refusal_v1(p_windows bigint[], p_requested numeric)
RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'scope', b.scope,
        'window', b.period,
        'timezone', b.timezone,
        'limit_usd', trim_scale(w.limit_usd)::text,
        'settled_usd', trim_scale(w.settled_usd)::text,
        'held_usd', trim_scale(w.held_usd)::text,
        'requested_usd', trim_scale(p_requested)::text,
        'resets_at', to_char(w.ends_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    )
    FROM billing_budgetwindow w JOIN billing_budget b ON b.id = w.budget_id
    WHERE w.id = ANY (p_windows) AND w.hard
    ORDER BY
        least(p_requested, w.limit_usd - w.settled_usd),
        w.limit_usd - w.settled_usd - w.held_usd + billing_flying_v1(w.id)
    LIMIT 1
$$;
