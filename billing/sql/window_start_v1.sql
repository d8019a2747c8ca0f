-- The beginning of the period that holds a moment. A total has one period, from the epoch on.
CREATE FUNCTION billing_window_start_v1(p_period text, p_timezone text, p_at timestamptz)
RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT CASE p_period
        WHEN 'total' THEN to_timestamp(0)
        ELSE billing_midnight_v1(date_trunc(p_period, p_at AT TIME ZONE p_timezone), p_timezone)
    END
$$;
