-- Give the oldest queued runs to a worker whose lease is good. Each claim is a new epoch.
-- Locks: the worker row (shared), then run rows; runs that others are claiming are skipped.
CREATE FUNCTION runs_claim_v1(p_worker uuid, p_limit int)
RETURNS TABLE (run_id uuid, run_epoch int, run_events jsonb) LANGUAGE plpgsql AS $$
DECLARE
    v_name text;
    v_attempt int;
BEGIN
    SELECT name INTO v_name FROM runs_worker
    WHERE id = p_worker AND ended_at IS NULL AND expires_at > now() FOR SHARE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    FOR run_id IN
        SELECT id FROM runs_run WHERE status = 'queued' AND deadline_at > now()
        ORDER BY id LIMIT p_limit FOR UPDATE SKIP LOCKED
    LOOP
        UPDATE runs_run SET
            status = 'running', epoch = epoch + 1, worker_id = p_worker,
            started_at = coalesce(started_at, now())
        WHERE id = run_id RETURNING epoch, attempt INTO run_epoch, v_attempt;
        run_events := runs_append_v1(run_id, jsonb_build_array(jsonb_build_object(
            'type', 'run.started',
            'data', jsonb_build_object('worker', v_name, 'attempt', v_attempt)
        )));
        RETURN NEXT;
    END LOOP;
END $$;
