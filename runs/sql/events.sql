-- Write events that change nothing else, but for what a replayed step saved. A step counts as saved
-- once, however often it is read back, so that a run's savings are the sum of its steps'.
-- Called from: Python.
-- Locks: the run row, the step.
-- Outcomes: written, fenced.
CREATE FUNCTION runs.emit(p_run uuid, p_epoch int, p_events jsonb, p_replayed bigint) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_run record := runs.lock(p_run, p_epoch);
    v_saved numeric;
BEGIN
    IF NOT v_run.owned THEN
        RETURN jsonb_build_object('outcome', 'fenced');
    END IF;
    UPDATE runs_step SET replayed = true WHERE id = p_replayed AND NOT replayed
    RETURNING cost_usd INTO v_saved;
    IF FOUND THEN
        UPDATE runs_run SET saved_usd = saved_usd + v_saved WHERE id = p_run;
    END IF;
    RETURN jsonb_build_object('outcome', 'written', 'events', runs.append_events(p_run, p_events));
END $$;

-- Say that a resumed run has read back its finished steps: at which step it goes on, and what the
-- steps that were read back would have cost again.
-- Called from: Python.
-- Locks: the run row.
-- Outcomes: written, fenced.
-- Idempotent by: the epoch.
CREATE FUNCTION runs.tell_recovered(p_run uuid, p_epoch int) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_run record := runs.lock(p_run, p_epoch);
    v_step int;
    v_saved numeric;
BEGIN
    IF NOT v_run.owned THEN
        RETURN jsonb_build_object('outcome', 'fenced');
    END IF;
    PERFORM 1 FROM runs_runevent
    WHERE run_id = p_run AND type = 'notice'
        AND data ->> 'code' = 'recovered' AND (data ->> 'epoch')::int = p_epoch;
    IF FOUND THEN
        RETURN jsonb_build_object('outcome', 'written', 'events', '[]'::jsonb);
    END IF;
    SELECT saved_usd INTO v_saved FROM runs_run WHERE id = p_run;
    SELECT 1 + count(DISTINCT key) INTO v_step FROM runs_step
    WHERE run_id = p_run AND (status = 'done' OR (kind = 'tool' AND response IS NOT NULL));
    RETURN jsonb_build_object('outcome', 'written', 'events', runs.append_notice(
        p_run, 'recovered', jsonb_build_object(
            'step', v_step, 'saved_usd', trim_scale(v_saved)::text, 'epoch', p_epoch
        )
    ));
END $$;

-- Append one notice: its code and its figures. Python has the sentence for each code.
-- Called from: tell_recovered, requeue. The caller holds the run row.
CREATE FUNCTION runs.append_notice(p_run uuid, p_code text, p_figures jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
BEGIN
    RETURN runs.append_events(p_run, jsonb_build_array(jsonb_build_object(
        'type', 'notice', 'data', jsonb_build_object('code', p_code) || p_figures
    )));
END $$;

-- Append events to a run's stream, and return them with their numbers. The last of them is what webhooks
-- may be told: that the run has ended, or waits for a person.
-- Called from: emit, append_notice, record_tool, claim, finish, end_early. The caller holds the run row,
-- which makes the numbers gapless.
CREATE FUNCTION runs.append_events(p_run uuid, p_events jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_last int;
BEGIN
    IF jsonb_array_length(p_events) = 0 THEN
        RETURN '[]'::jsonb;
    END IF;
    UPDATE runs_run SET last_seq = last_seq + jsonb_array_length(p_events)
    WHERE id = p_run RETURNING last_seq INTO v_last;
    IF p_events -> -1 ->> 'type' IN ('run.finished', 'run.awaiting') THEN
        PERFORM runs.tell_of_run(p_run, p_events -> -1 -> 'data');
    END IF;
    RETURN runs.insert_events(p_run, v_last, p_events);
END $$;

-- Write events whose numbers the run's `last_seq` counts already; the last one's is `p_last`. For
-- functions that update the run row anyway. Returns the events as viewers receive them.
-- Called from: append_events, hold_call, settle_call. The caller holds the run row.
CREATE FUNCTION runs.insert_events(p_run uuid, p_last int, p_events jsonb) RETURNS jsonb
LANGUAGE sql AS $$
    WITH written AS (
        INSERT INTO runs_runevent (run_id, seq, type, at, data)
        SELECT
            p_run, p_last - jsonb_array_length(p_events) + e.position, e.event ->> 'type',
            clock_timestamp(), e.event -> 'data'
        FROM jsonb_array_elements(p_events) WITH ORDINALITY AS e (event, position)
        RETURNING seq, type, at, data
    )
    SELECT coalesce(jsonb_agg(
        jsonb_build_object(
            'seq', seq,
            'type', type,
            'at', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
            'data', data
        ) ORDER BY seq
    ), '[]'::jsonb) FROM written
$$;

-- The last event of a run, made from its row.
-- Called from: finish, end_early.
CREATE FUNCTION runs.finished_event(p_run uuid) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('type', 'run.finished', 'data', jsonb_build_object(
        'status', status,
        'answer', answer,
        'answer_kind', answer_kind,
        'stop_reason', stop_reason,
        'error', error,
        'cost_usd', trim_scale(cost_usd)::text,
        'in_doubt_usd', trim_scale(in_doubt_usd)::text
    ))
    FROM runs_run WHERE id = p_run
$$;
