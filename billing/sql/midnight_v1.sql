-- The first moment of a local day. Where the clocks skip midnight, the day begins when they have
-- jumped; where they go back over it, at the first of the two midnights.
CREATE FUNCTION billing_midnight_v1(p_day timestamp, p_timezone text)
RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN (m - interval '1 hour') AT TIME ZONE p_timezone >= p_day THEN m - interval '1 hour'
        ELSE m
    END
    FROM (SELECT p_day AT TIME ZONE p_timezone) AS midnight (m)
$$;
