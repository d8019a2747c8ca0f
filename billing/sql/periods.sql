-- The beginning of the period that holds a moment. A total has one period, from the epoch on.
-- Called from: Python, open_windows, open_first_window, available_budgets, refusal.
CREATE FUNCTION billing.period_start(p_period text, p_timezone text, p_at timestamptz)
RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT CASE p_period
        WHEN 'total' THEN to_timestamp(0)
        ELSE billing.first_moment(date_trunc(p_period, p_at AT TIME ZONE p_timezone), p_timezone)
    END
$$;

-- The end of the period that begins at a moment: where the next one begins, so that days of 23 and
-- 25 hours and months of any length come out right. Null for a total.
-- Called from: Python, open_windows, open_first_window, refusal.
CREATE FUNCTION billing.period_end(p_period text, p_timezone text, p_start timestamptz)
RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT CASE p_period
        WHEN 'total' THEN NULL
        ELSE billing.first_moment(
            date_trunc(p_period, p_start AT TIME ZONE p_timezone) + ('1 ' || p_period)::interval,
            p_timezone
        )
    END
$$;

-- The first moment of a local day. Where the clocks skip midnight, the day begins when they have
-- jumped; where they go back over it, at the first of the two midnights.
-- Called from: period_start, period_end.
CREATE FUNCTION billing.first_moment(p_day timestamp, p_timezone text)
RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN (m - interval '1 hour') AT TIME ZONE p_timezone >= p_day THEN m - interval '1 hour'
        ELSE m
    END
    FROM (SELECT p_day AT TIME ZONE p_timezone) AS midnight (m)
$$;
