-- Take a run from a worker that can't go on with it: its calls in flight become in-doubt lines, and
-- it is queued again under a new epoch, or ends when its cancellation was asked for. That proves
-- nothing against it: from the third attempt on it executes alone (`runs_suspect_v1`), and only
-- `runs_poison_v1` blames it. However often its workers die, it ends at its deadline.
-- Returns the events. The caller holds the run row's lock and has checked that it is executing.
CREATE FUNCTION runs_take_back_v1(p_run uuid, p_worker text) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_run record;
    v_doubts int;
BEGIN
    SELECT status, epoch, attempt INTO v_run FROM runs_run WHERE id = p_run;
    v_doubts := runs_doubt_v1(p_run, v_run.epoch);
    IF v_run.status = 'cancelling' THEN
        RETURN runs_end_v1(p_run, 'cancelled', 'cancelled', NULL);
    END IF;
    UPDATE runs_run SET
        status = 'queued', epoch = epoch + 1, worker_id = NULL,
        -- The column ends there; a suspect stays one.
        attempt = least(attempt + 1, 32767)
    WHERE id = p_run;
    RETURN runs_append_v1(p_run, jsonb_build_array(jsonb_build_object(
        'type', 'notice', 'data', jsonb_build_object(
            'code', 'worker_lost',
            'message', format(
                'Worker %s stopped. Finished steps are kept; %s.%s',
                p_worker,
                CASE v_doubts
                    WHEN 0 THEN 'no call was in flight'
                    WHEN 1 THEN '1 call was in flight and is in doubt'
                    ELSE v_doubts || ' calls were in flight and are in doubt'
                END,
                CASE WHEN runs_suspect_v1(v_run.attempt + 1)
                    THEN ' From now on the run executes alone, in a process of its own.'
                    ELSE ''
                END
            ),
            'worker', p_worker,
            'in_doubt_calls', v_doubts
        )
    )));
END $$;
