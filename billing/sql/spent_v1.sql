-- What a user (null: everyone) or a token was charged for holds since a moment. Whole days come from
-- the daily sums, which don't know tokens, and what is before the first of them from the ledger: a
-- budget over millions of lines opens without reading them.
CREATE FUNCTION billing_spent_v1(
    p_user bigint, p_api_token uuid, p_simulated boolean, p_since timestamptz
) RETURNS numeric LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_day date := CASE
        WHEN p_api_token IS NULL THEN (p_since AT TIME ZONE 'UTC' + interval '1 day')::date
        ELSE 'infinity'
    END;
    v_whole numeric;
    v_part numeric;
BEGIN
    SELECT coalesce(sum(amount), 0) INTO v_whole FROM billing_usagerollup
    WHERE simulated = p_simulated AND day >= v_day AND (p_user IS NULL OR owner_id = p_user);
    SELECT coalesce(sum(amount), 0) INTO v_part FROM billing_ledgerentry
    WHERE simulated = p_simulated AND held_at >= p_since
        AND held_at < v_day::timestamp AT TIME ZONE 'UTC'
        AND (p_user IS NULL OR owner_id = p_user)
        AND (p_api_token IS NULL OR api_token_id = p_api_token);
    RETURN v_whole + v_part;
END $$;
