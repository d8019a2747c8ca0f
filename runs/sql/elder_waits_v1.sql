-- True when a run that was submitted earlier waits in the queue for money of the same budget, and a
-- hold of this amount would leave it too little. Who waits for a budget of its own is passed by, and
-- so is who needs more of the site's money than one run may keep from others.
CREATE FUNCTION runs_elder_waits_v1(
    p_run uuid, p_owner bigint, p_api_token uuid, p_simulated boolean, p_amount numeric
) RETURNS boolean LANGUAGE sql STABLE AS $$
    WITH elders AS (
        SELECT owner_id, api_token_id, max(needs_usd) AS needs FROM runs_run
        WHERE status = 'queued' AND needs_usd IS NOT NULL AND simulated = p_simulated AND id < p_run
            AND deadline_at > now()
        GROUP BY owner_id, api_token_id
    ), mine AS MATERIALIZED (
        SELECT array_agg(budget) AS budgets FROM billing_rooms_v1(p_owner, p_api_token, p_simulated)
    )
    SELECT EXISTS (
        SELECT 1 FROM elders e CROSS JOIN mine m
        CROSS JOIN LATERAL (
            SELECT
                bool_or(
                    r.budget = ANY (m.budgets) AND r.free - p_amount < e.needs
                    AND e.needs <= coalesce(r.most, e.needs)
                ) AS shared,
                bool_or(r.budget <> ALL (m.budgets) AND r.free < e.needs) AS own
            FROM billing_rooms_v1(e.owner_id, e.api_token_id, p_simulated) r
        ) waits
        WHERE waits.shared AND NOT waits.own
    )
$$;
