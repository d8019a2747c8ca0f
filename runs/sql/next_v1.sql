-- The queued run whose turn it is: the oldest of the user who has the fewest runs executing, of
-- those below the cap. Runs that wait for money are passed over, and suspects unless `p_suspects`.
-- Null when there is none. `runs.selectors.queue` tells the order in advance.
CREATE FUNCTION runs_next_v1(p_user_cap int, p_suspects boolean) RETURNS uuid
LANGUAGE sql VOLATILE AS $$
    WITH RECURSIVE owners AS (
        (
            SELECT owner_id FROM runs_run
            WHERE status = 'queued' AND needs_usd IS NULL ORDER BY owner_id LIMIT 1
        )
        UNION ALL
        SELECT (
            SELECT r.owner_id FROM runs_run r
            WHERE r.status = 'queued' AND r.needs_usd IS NULL AND r.owner_id > o.owner_id
            ORDER BY r.owner_id LIMIT 1
        )
        FROM owners o WHERE o.owner_id IS NOT NULL
    )
    SELECT first.id FROM owners o
    CROSS JOIN LATERAL (
        SELECT count(*) AS executing FROM runs_run r
        WHERE r.owner_id = o.owner_id AND r.status IN ('running', 'cancelling')
    ) load
    CROSS JOIN LATERAL (
        SELECT r.id FROM runs_run r
        WHERE r.owner_id = o.owner_id AND r.status = 'queued' AND r.needs_usd IS NULL
            AND r.deadline_at > now() AND (p_suspects OR NOT runs_suspect_v1(r.attempt))
        ORDER BY r.id LIMIT 1
    ) first
    WHERE o.owner_id IS NOT NULL AND load.executing < p_user_cap
    ORDER BY load.executing, first.id LIMIT 1
$$;
