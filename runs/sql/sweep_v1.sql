-- Take the runs of workers whose lease is over: calls in flight become in-doubt lines, held money
-- of calls is released, and the run is queued again under a new epoch (or ends, when its
-- cancellation was asked for). Queued runs past their deadline fail.
-- Locks: the worker row, then run rows, holds, steps, rollups.
CREATE FUNCTION runs_sweep_v1() RETURNS TABLE (run_id uuid, run_events jsonb)
LANGUAGE plpgsql AS $$
DECLARE
    v_worker record;
    v_run record;
    v_doubts int;
BEGIN
    FOR v_worker IN
        SELECT id, name FROM runs_worker
        WHERE ended_at IS NULL AND expires_at < now() FOR NO KEY UPDATE SKIP LOCKED
    LOOP
        UPDATE runs_worker SET ended_at = now() WHERE id = v_worker.id;
    END LOOP;

    FOR v_run IN
        SELECT r.id, r.status, r.epoch, w.name FROM runs_run r
        JOIN runs_worker w ON w.id = r.worker_id
        WHERE r.status IN ('running', 'cancelling') AND w.ended_at IS NOT NULL
        FOR UPDATE OF r SKIP LOCKED
    LOOP
        run_id := v_run.id;
        v_doubts := runs_doubt_v1(run_id, v_run.epoch);
        IF v_run.status = 'cancelling' THEN
            run_events := runs_end_v1(run_id, 'cancelled', 'cancelled', NULL);
        ELSE
            UPDATE runs_run SET
                status = 'queued', epoch = epoch + 1, attempt = attempt + 1, worker_id = NULL
            WHERE id = run_id;
            run_events := runs_append_v1(run_id, jsonb_build_array(jsonb_build_object(
                'type', 'notice', 'data', jsonb_build_object(
                    'code', 'recovered',
                    'message', format(
                        'Worker %s stopped. Finished steps are kept; %s in flight and in doubt.',
                        v_run.name,
                        CASE v_doubts WHEN 1 THEN '1 call was' ELSE v_doubts || ' calls were' END
                    ),
                    'worker', v_run.name, 'in_doubt_calls', v_doubts
                )
            )));
        END IF;
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
