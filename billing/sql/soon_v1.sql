-- How much may be held in these windows once the calls that are in flight have ended, if they cost
-- nothing: what it is worth waiting for. Null is without limit.
CREATE FUNCTION billing_soon_v1(p_windows bigint[]) RETURNS numeric LANGUAGE sql STABLE AS $$
    SELECT min(w.limit_usd - w.settled_usd - w.held_usd + billing_flying_v1(w.id))
    FROM billing_budgetwindow w WHERE w.id = ANY (p_windows) AND w.hard
$$;
