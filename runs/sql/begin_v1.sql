-- A claimed run gets the money for its closing call, while `p_spare` stays free for its first one.
-- One that was resumed goes on without it when there is none left.
-- outcome: begun | fenced | queued (others hold the money: it waits in the queue) | ended
--        | uncapped (see billing_hold_v1)
CREATE FUNCTION runs_begin_v1(p_run uuid, p_epoch int, p_bound jsonb, p_spare numeric)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_run record;
    v_hold record;
    v_output bigint;
    v_free numeric;
    v_unspent numeric;
BEGIN
    SELECT
        owner_id, api_token_id, pattern, provider, simulated, status, epoch, held_usd, llm_calls,
        max_cost_usd, max_cost_usd - cost_usd AS unspent
    INTO v_run FROM runs_run WHERE id = p_run FOR UPDATE;
    IF v_run.epoch IS DISTINCT FROM p_epoch OR v_run.status NOT IN ('running', 'cancelling') THEN
        RETURN jsonb_build_object('outcome', 'fenced');
    END IF;
    PERFORM 1 FROM billing_hold WHERE run_id = p_run AND kind = 'closing' AND state = 'held';
    IF FOUND OR v_run.status = 'cancelling' THEN
        RETURN jsonb_build_object('outcome', 'begun');
    END IF;
    v_output := (p_bound ->> 'max_output_tokens')::bigint;
    IF v_run.llm_calls = 0 AND runs_elder_waits_v1(
        p_run, v_run.owner_id, v_run.api_token_id, v_run.simulated,
        billing_bound_v1(p_bound, v_output) + p_spare
    ) THEN
        RETURN runs_wait_v1(p_run, p_spare + billing_bound_v1(
            p_bound, least(v_output, (p_bound ->> 'min_output_tokens')::bigint)
        ));
    END IF;
    -- What started runs wait for is theirs, as runs_serve_v1 counts.
    SELECT min(free), min(unspent) INTO v_free, v_unspent
    FROM billing_rooms_v1(v_run.owner_id, v_run.api_token_id, v_run.simulated);
    v_hold := billing_hold_v1(
        v_run.owner_id, v_run.api_token_id, p_run, 'closing', p_epoch, 'closing', 'held',
        v_run.pattern, v_run.provider, v_run.simulated, p_bound,
        least(v_run.unspent - v_run.held_usd, v_free), v_run.unspent, p_spare
    );
    DELETE FROM billing_hold WHERE run_id = p_run AND state = 'waiting';
    UPDATE runs_run SET
        held_usd = held_usd + CASE v_hold.outcome WHEN 'held' THEN v_hold.amount ELSE 0 END
    WHERE id = p_run;
    IF v_hold.outcome = 'uncapped' THEN
        RETURN jsonb_build_object('outcome', 'uncapped');
    END IF;
    IF v_hold.outcome IN ('held', 'again') OR v_run.llm_calls > 0 THEN
        RETURN jsonb_build_object('outcome', 'begun');
    END IF;
    -- What other runs hold for their last calls is worth waiting for too, before the first call.
    IF v_hold.outcome = 'waiting'
        OR (v_hold.refusal IS NOT NULL AND v_unspent >= v_hold.amount + p_spare) THEN
        RETURN runs_wait_v1(p_run, v_hold.amount + p_spare);
    END IF;
    RETURN jsonb_build_object('outcome', 'ended', 'events', runs_end_v1(
        p_run, 'failed', 'budget',
        runs_budget_error_v1(coalesce(v_hold.refusal, runs_cap_refusal_v1(
            v_run.max_cost_usd, v_run.max_cost_usd - v_run.unspent, v_run.held_usd,
            v_hold.amount + p_spare
        )))
    ));
END $$;
