-- Say once in an epoch that a resumed run has read back its finished steps: at which step it goes
-- on, and what the steps that were read back would have cost again.
-- outcome: written | fenced
CREATE FUNCTION runs_recovered_v1(p_run uuid, p_epoch int) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_run record;
    v_step int;
BEGIN
    SELECT status, epoch, saved_usd INTO v_run FROM runs_run WHERE id = p_run FOR UPDATE;
    IF v_run.epoch IS DISTINCT FROM p_epoch OR v_run.status NOT IN ('running', 'cancelling') THEN
        RETURN jsonb_build_object('outcome', 'fenced');
    END IF;
    PERFORM 1 FROM runs_runevent
    WHERE run_id = p_run AND type = 'notice'
        AND data ->> 'code' = 'recovered' AND (data ->> 'epoch')::int = p_epoch;
    IF FOUND THEN
        RETURN jsonb_build_object('outcome', 'written', 'events', '[]'::jsonb);
    END IF;
    SELECT 1 + count(DISTINCT key) INTO v_step FROM runs_step
    WHERE run_id = p_run AND (status = 'done' OR (kind = 'tool' AND response IS NOT NULL));
    RETURN jsonb_build_object('outcome', 'written', 'events', runs_append_v1(
        p_run,
        jsonb_build_array(jsonb_build_object('type', 'notice', 'data', jsonb_build_object(
            'code', 'recovered',
            'message', format(
                'Recovered at step %s, saved $%s.',
                v_step,
                round(v_run.saved_usd, greatest(4, scale(trim_scale(v_run.saved_usd))))
            ),
            'step', v_step,
            'saved_usd', trim_scale(v_run.saved_usd)::text,
            'epoch', p_epoch
        )))
    ));
END $$;
