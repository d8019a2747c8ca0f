-- Give queued runs to a worker whose lease is good, fairly among users, one after another under a
-- lock. Each claim is a new epoch. A worker has at most four suspects at a time, since each costs
-- a process. Locks: the claim's advisory lock, the worker row, run rows.
CREATE FUNCTION runs_claim_v1(p_worker uuid, p_limit int, p_user_cap int)
RETURNS TABLE (run_id uuid, run_epoch int, run_suspect boolean, run_events jsonb)
LANGUAGE plpgsql AS $$
DECLARE
    v_name text;
    v_attempt int;
    v_suspects int;
BEGIN
    PERFORM pg_advisory_xact_lock(7302003);
    SELECT name INTO v_name FROM runs_worker
    WHERE id = p_worker AND ended_at IS NULL AND expires_at > now() FOR SHARE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT count(*) INTO v_suspects FROM runs_run
    WHERE worker_id = p_worker AND status IN ('running', 'cancelling') AND runs_suspect_v1(attempt);
    PERFORM runs_serve_v1(p_limit);
    FOR i IN 1..p_limit LOOP
        run_id := runs_next_v1(p_user_cap, v_suspects < 4);
        EXIT WHEN run_id IS NULL;
        UPDATE runs_run SET
            status = 'running', epoch = epoch + 1, worker_id = p_worker,
            started_at = coalesce(started_at, now())
        WHERE id = run_id AND status = 'queued' RETURNING epoch, attempt INTO run_epoch, v_attempt;
        CONTINUE WHEN NOT FOUND;
        run_suspect := runs_suspect_v1(v_attempt);
        v_suspects := v_suspects + run_suspect::int;
        run_events := runs_append_v1(run_id, jsonb_build_array(jsonb_build_object(
            'type', 'run.started',
            'data', jsonb_build_object('worker', v_name, 'attempt', v_attempt)
        )));
        RETURN NEXT;
    END LOOP;
END $$;
