-- How much may be held in these windows now (`free`), and how much once all that is held comes
-- back (`later`); null is without limit.
CREATE FUNCTION billing_room_v1(p_windows bigint[], OUT free numeric, OUT later numeric)
LANGUAGE sql STABLE AS $$
    SELECT min(limit_usd - settled_usd - held_usd), min(limit_usd - settled_usd)
    FROM billing_budgetwindow WHERE id = ANY (p_windows) AND hard
$$;
