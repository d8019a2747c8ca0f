-- Staff say what a call in doubt cost: its line is reversed, and `p_usage` is charged as an estimate.
-- `p_note` is added to what the step says of itself. Locks as runs_settle_v1: the run row first.
-- outcome: resolved | not_in_doubt (resolved before, superseded, or never in doubt)
CREATE FUNCTION runs_resolve_v1(p_entry bigint, p_usage jsonb, p_note text) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_line record;
    v_answer jsonb;
BEGIN
    SELECT run_id, hold_id, step_key, attempt INTO v_line FROM billing_ledgerentry
    WHERE id = p_entry AND confidence = 'in_doubt' AND reverses_id IS NULL;
    PERFORM 1 FROM runs_run WHERE id = v_line.run_id FOR UPDATE;
    PERFORM 1 FROM billing_ledgerentry WHERE reverses_id = p_entry;
    IF FOUND OR v_line.hold_id IS NULL THEN
        RETURN jsonb_build_object('outcome', 'not_in_doubt');
    END IF;
    -- No epoch has this number: the money is written, and neither the step's state nor the run's.
    v_answer := runs_settle_v1(
        v_line.run_id, -1, v_line.hold_id, 'in_doubt', NULL, NULL, p_usage, 'estimated', NULL, NULL
    );
    PERFORM billing_keep_doubt_v1(v_line.hold_id);
    UPDATE runs_step SET error = coalesce(error, '{}'::jsonb) || jsonb_build_object(
        'message', concat_ws(' ', error ->> 'message', p_note)
    )
    WHERE run_id = v_line.run_id AND key = v_line.step_key AND attempt = v_line.attempt;
    RETURN v_answer || jsonb_build_object('outcome', 'resolved');
END $$;
