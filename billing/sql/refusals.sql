-- The hard budget that stands in a payer's way, with its figures. One in which settled money alone
-- leaves too little comes before one that is only held full. `budget` is its id.
-- Called from: hold; runs.submit, runs.sweep.
CREATE FUNCTION billing.refusal(p_payer billing.payer, p_requested numeric) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('budget', b.id) || billing.refusal_figures(
        b.scope, b.period, b.timezone, coalesce(w.limit_usd, b.limit_usd),
        coalesce(w.settled_usd, 0), coalesce(w.held_usd, 0), p_requested,
        billing.period_end(b.period, b.timezone, a.starts_at)
    )
    FROM billing.available_budgets(p_payer) a
    JOIN billing_budget b ON b.id = a.budget
    LEFT JOIN billing_budgetwindow w ON w.id = a.budget_window
    ORDER BY least(p_requested, a.unspent),
        a.available + coalesce(billing.pending_amount(w.id), 0)
    LIMIT 1
$$;

-- The figures of a refusal, as the API names them. Amounts are text, so that no digit is lost.
-- Called from: refusal; runs.hold_call and runs.begin for a run's own cap, which never resets.
CREATE FUNCTION billing.refusal_figures(
    p_scope text, p_period text, p_timezone text, p_limit numeric, p_settled numeric, p_held numeric,
    p_requested numeric, p_resets_at timestamptz
) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'scope', p_scope,
        'window', p_period,
        'timezone', p_timezone,
        'limit_usd', trim_scale(p_limit)::text,
        'settled_usd', trim_scale(p_settled)::text,
        'held_usd', trim_scale(p_held)::text,
        'requested_usd', trim_scale(p_requested)::text,
        'resets_at', to_char(p_resets_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    )
$$;
