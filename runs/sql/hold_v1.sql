-- One attempt of an LLM call begins: money held and dispatched, step started, event written.
-- outcome: held | fenced (another epoch owns the run) | cancelling | taken (attempt already over)
CREATE FUNCTION runs_hold_v1(
    p_run uuid, p_epoch int, p_step jsonb, p_bound jsonb, p_events jsonb
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_run record;
    v_hold record;
    v_attempt int := (p_step ->> 'attempt')::int;
BEGIN
    SELECT owner_id, api_token_id, pattern, provider, simulated, status, epoch INTO v_run
    FROM runs_run WHERE id = p_run FOR UPDATE;
    IF v_run.epoch IS DISTINCT FROM p_epoch OR v_run.status NOT IN ('running', 'cancelling') THEN
        RETURN jsonb_build_object('outcome', 'fenced');
    END IF;
    IF v_run.status = 'cancelling' THEN
        RETURN jsonb_build_object('outcome', 'cancelling');
    END IF;
    v_hold := billing_hold_v1(
        v_run.owner_id, v_run.api_token_id, p_run, p_step ->> 'key', v_attempt, 'call',
        'dispatched', v_run.pattern, v_run.provider, v_run.simulated, p_bound
    );
    IF v_hold.hold_id IS NULL THEN
        RETURN jsonb_build_object('outcome', 'taken');
    END IF;
    IF NOT v_hold.taken THEN
        RETURN jsonb_build_object('outcome', 'held', 'hold', v_hold.hold_id, 'events', '[]'::jsonb);
    END IF;
    UPDATE runs_run SET held_usd = held_usd + v_hold.amount WHERE id = p_run;
    INSERT INTO runs_step (run_id, key, attempt, kind, label, status, digest, request, hold_id)
    VALUES (
        p_run, p_step ->> 'key', v_attempt, 'llm', p_step ->> 'label', 'started',
        p_step ->> 'digest', p_step -> 'request', v_hold.hold_id
    );
    RETURN jsonb_build_object(
        'outcome', 'held', 'hold', v_hold.hold_id, 'events', runs_append_v1(p_run, p_events)
    );
END $$;
