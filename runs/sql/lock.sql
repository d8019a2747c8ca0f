-- Lock a run, and say whether `p_epoch` still owns it: the fence of every entry by which a worker
-- writes. A run that was claimed again has a higher epoch; one that was ended or queued executes
-- nowhere.
-- Called from: begin, hold_call, settle_call, record_tool, emit, tell_recovered, finish, hand_back,
--   pause, abandon, poison.
-- Locks: the run row.
CREATE FUNCTION runs.lock(
    p_run uuid, p_epoch int,
    OUT owned boolean, OUT status text, OUT attempt int,
    OUT owner_id bigint, OUT api_token_id uuid, OUT simulated boolean,
    OUT pattern text, OUT provider text, OUT llm_calls int,
    OUT held_usd numeric, OUT cost_usd numeric, OUT max_cost_usd numeric
) LANGUAGE plpgsql AS $$
BEGIN
    SELECT
        r.epoch = p_epoch AND r.status IN ('running', 'cancelling'), r.status, r.attempt,
        r.owner_id, r.api_token_id, r.simulated, r.pattern, r.provider, r.llm_calls,
        r.held_usd, r.cost_usd, r.max_cost_usd
    INTO
        owned, status, attempt, owner_id, api_token_id, simulated, pattern, provider, llm_calls,
        held_usd, cost_usd, max_cost_usd
    FROM runs_run r WHERE r.id = p_run FOR UPDATE;
    owned := coalesce(owned, false);
END $$;
