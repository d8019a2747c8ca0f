-- Take back the runs of workers whose lease is over, and fail queued runs past their deadline.
-- Locks: worker rows, then run rows, holds, steps, rollups.
CREATE FUNCTION runs_sweep_v1() RETURNS TABLE (run_id uuid, run_events jsonb)
LANGUAGE plpgsql AS $$
DECLARE
    v_worker text;
BEGIN
    UPDATE runs_worker SET ended_at = now() WHERE id IN (
        SELECT id FROM runs_worker
        WHERE ended_at IS NULL AND expires_at < now() FOR NO KEY UPDATE SKIP LOCKED
    );

    FOR run_id, v_worker IN
        SELECT r.id, w.name FROM runs_run r JOIN runs_worker w ON w.id = r.worker_id
        WHERE r.status IN ('running', 'cancelling') AND w.ended_at IS NOT NULL
        FOR UPDATE OF r SKIP LOCKED
    LOOP
        run_events := runs_take_back_v1(run_id, v_worker);
        RETURN NEXT;
    END LOOP;

    FOR run_id IN
        SELECT id FROM runs_run WHERE status = 'queued' AND deadline_at <= now()
        FOR UPDATE SKIP LOCKED
    LOOP
        run_events := runs_end_v1(run_id, 'failed', 'deadline', jsonb_build_object(
            'code', 'deadline', 'message', 'The deadline passed before a worker was free.'
        ));
        RETURN NEXT;
    END LOOP;
END $$;
