-- Take back one run of a worker whose lease is over, or fail one queued run that is past its
-- deadline or waits for money that can't come back. Called until it returns nothing: one run a
-- transaction, since the budget windows of several runs would be locked in no order.
-- Locks: worker rows, then the run row, windows, holds, steps, rollups.
CREATE FUNCTION runs_sweep_v1() RETURNS TABLE (run_id uuid, run_events jsonb)
LANGUAGE plpgsql AS $$
DECLARE
    v_worker text;
    v_run record;
BEGIN
    UPDATE runs_worker SET ended_at = now() WHERE id IN (
        SELECT id FROM runs_worker
        WHERE ended_at IS NULL AND expires_at < now() FOR NO KEY UPDATE SKIP LOCKED
    );

    SELECT r.id, w.name INTO run_id, v_worker
    FROM runs_run r JOIN runs_worker w ON w.id = r.worker_id
    WHERE r.status IN ('running', 'cancelling') AND w.ended_at IS NOT NULL
    LIMIT 1 FOR UPDATE OF r SKIP LOCKED;
    IF FOUND THEN
        run_events := runs_take_back_v1(run_id, v_worker);
        RETURN NEXT;
        RETURN;
    END IF;

    SELECT id INTO run_id FROM runs_run WHERE status = 'queued' AND deadline_at <= now()
    LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF FOUND THEN
        run_events := runs_end_v1(run_id, 'failed', 'deadline', jsonb_build_object(
            'code', 'deadline', 'message', 'The deadline passed before a worker was free.'
        ));
        RETURN NEXT;
        RETURN;
    END IF;

    SELECT r.id, r.needs_usd, r.owner_id, r.api_token_id, r.simulated INTO v_run
    FROM (
        SELECT DISTINCT owner_id, api_token_id, simulated FROM runs_run
        WHERE status = 'queued' AND needs_usd IS NOT NULL
    ) line
    CROSS JOIN LATERAL (
        SELECT min(unspent) AS unspent
        FROM billing_rooms_v1(line.owner_id, line.api_token_id, line.simulated)
    ) room
    JOIN runs_run r ON r.owner_id = line.owner_id AND r.simulated = line.simulated
        AND r.api_token_id IS NOT DISTINCT FROM line.api_token_id
    WHERE r.status = 'queued' AND r.needs_usd > room.unspent
    LIMIT 1 FOR UPDATE OF r SKIP LOCKED;
    IF FOUND THEN
        run_id := v_run.id;
        run_events := runs_end_v1(run_id, 'failed', 'budget', runs_budget_error_v1(
            billing_refusal_v1(
                v_run.owner_id, v_run.api_token_id, v_run.simulated, v_run.needs_usd
            )
        ));
        RETURN NEXT;
    END IF;
END $$;
