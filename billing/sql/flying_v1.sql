-- What calls in flight hold in a window: it may come back when they end.
CREATE FUNCTION billing_flying_v1(p_window bigint) RETURNS numeric LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(amount), 0) FROM billing_hold
    WHERE state = 'dispatched' AND p_window = ANY (window_ids)
$$;
