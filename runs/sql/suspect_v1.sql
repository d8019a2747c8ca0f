-- Whether a run executes alone, in a child process: two workers died while they executed it.
CREATE FUNCTION runs_suspect_v1(p_attempt int) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT p_attempt > 2
$$;
