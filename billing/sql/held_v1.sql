-- What a user (null: everyone) or a token holds since a moment.
CREATE FUNCTION billing_held_v1(
    p_user bigint, p_api_token uuid, p_simulated boolean, p_since timestamptz
) RETURNS numeric LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(amount), 0) FROM billing_hold
    WHERE state IN ('held', 'dispatched') AND simulated = p_simulated AND held_at >= p_since
        AND (p_user IS NULL OR owner_id = p_user)
        AND (p_api_token IS NULL OR api_token_id = p_api_token)
$$;
