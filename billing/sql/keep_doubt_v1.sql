-- An operator's resolution is an estimate: the hold stays in doubt, so that exact usage that arrives
-- later supersedes it. The caller holds the hold's lock.
CREATE FUNCTION billing_keep_doubt_v1(p_hold bigint) RETURNS void LANGUAGE sql AS $$
    UPDATE billing_hold SET state = 'in_doubt' WHERE id = p_hold
$$;
