-- End a run that can't be executed: its calls in flight become in-doubt lines, and it fails, or is
-- cancelled where that was asked for. Returns its status and the events. The caller holds the run
-- row's lock and has checked that it is executing.
CREATE FUNCTION runs_give_up_v1(
    p_run uuid, p_error jsonb, OUT status text, OUT events jsonb
) LANGUAGE plpgsql AS $$
DECLARE
    v_run record;
BEGIN
    SELECT r.status, r.epoch INTO v_run FROM runs_run r WHERE r.id = p_run;
    PERFORM runs_doubt_v1(p_run, v_run.epoch);
    IF v_run.status = 'cancelling' THEN
        status := 'cancelled';
        events := runs_end_v1(p_run, 'cancelled', 'cancelled', NULL);
    ELSE
        status := 'failed';
        events := runs_end_v1(p_run, 'failed', 'failed', p_error);
    END IF;
END $$;
