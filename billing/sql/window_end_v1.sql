-- The end of the period that begins at a moment, null for a total: where the next one begins, so
-- that days of 23 and 25 hours and months of any length come out right.
CREATE FUNCTION billing_window_end_v1(p_period text, p_timezone text, p_start timestamptz)
RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT CASE p_period
        WHEN 'total' THEN NULL
        ELSE billing_midnight_v1(
            date_trunc(p_period, p_start AT TIME ZONE p_timezone) + ('1 ' || p_period)::interval,
            p_timezone
        )
    END
$$;
