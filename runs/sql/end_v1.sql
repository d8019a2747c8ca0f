-- End a run that no worker executes, from whatever state it is in. Returns the events.
-- The caller holds the run row's lock and has checked the state.
CREATE FUNCTION runs_end_v1(p_run uuid, p_status text, p_reason text, p_error jsonb)
RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
    PERFORM billing_release_v1(p_run, true);
    UPDATE runs_run SET
        status = p_status, epoch = epoch + 1, worker_id = NULL, stop_reason = p_reason,
        error = p_error, held_usd = 0, finished_at = now()
    WHERE id = p_run;
    RETURN runs_append_v1(p_run, jsonb_build_array(runs_finished_event_v1(p_run)));
END $$;
