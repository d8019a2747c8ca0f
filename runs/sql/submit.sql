-- Store a run with its first event, all in one: unless its key or its id has been used, staff have paused
-- the intake, an equal run's answer is kept, or a hard budget's settled money alone leaves less than it
-- needs to begin.
-- `p_run` has the columns of the row, and `deadline_s`. `p_kept` says which answers are given again
-- (`seconds`, `stable_tools`); null: none.
-- Called from: Python.
-- Locks: none but the new row's.
-- Outcomes: stored; known (`known` is the run of this key or id); paused; kept; budget (with `refusal`).
--   `remaining_usd` is what is left of the tightest hard budget; null without one.
-- Idempotent by: the run's id, and its idempotency key.
CREATE FUNCTION runs.submit(
    p_run jsonb, p_needs numeric, p_kept jsonb,
    OUT outcome text, OUT known uuid, OUT refusal jsonb, OUT remaining_usd numeric,
    OUT created_at timestamptz, OUT deadline_at timestamptz
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_owner bigint := (p_run ->> 'owner_id')::bigint;
    v_payer billing.payer := (
        v_owner, (p_run ->> 'api_token_id')::uuid, (p_run ->> 'simulated')::boolean
    );
    v_used_up boolean;
BEGIN
    IF p_run ->> 'idempotency_key' IS NOT NULL THEN
        SELECT r.id INTO known FROM runs_run r
        WHERE r.owner_id = v_owner AND r.idempotency_key = p_run ->> 'idempotency_key';
        IF FOUND THEN
            outcome := 'known';
            RETURN;
        END IF;
    END IF;
    IF (SELECT i.paused FROM runs_intakechange i ORDER BY i.id DESC LIMIT 1) THEN
        outcome := 'paused';
        RETURN;
    END IF;
    IF p_kept IS NOT NULL AND runs.kept_run(v_owner, p_run ->> 'cache_digest', p_kept) IS NOT NULL THEN
        outcome := 'kept';
        RETURN;
    END IF;
    SELECT min(greatest(a.remaining, 0)), bool_or(a.unspent <= 0 OR a.unspent < p_needs)
    INTO remaining_usd, v_used_up FROM billing.available_budgets(v_payer) a;
    IF v_used_up THEN
        outcome := 'budget';
        refusal := billing.refusal(v_payer, p_needs);
        RETURN;
    END IF;
    INSERT INTO runs_run AS stored (
        id, owner_id, api_token_id, task, pattern, params, tools, model, chosen_model, routing_reason,
        route, provider, simulated, config, prompt_set, prompt_version_id, metadata, tags, session_id,
        customer, max_cost_usd, when_out_of_money, cache, cache_digest, forked_from_id, fork_step,
        idempotency_key, request_hash, traceparent, status, last_seq, deadline_at, sources, warnings
    )
    SELECT
        r.id, r.owner_id, r.api_token_id, r.task, r.pattern, r.params, r.tools, r.model,
        r.chosen_model, r.routing_reason, r.route, r.provider, r.simulated, r.config, r.prompt_set,
        r.prompt_version_id, r.metadata, r.tags, r.session_id, r.customer, r.max_cost_usd,
        r.when_out_of_money, r.cache, r.cache_digest, r.forked_from_id, r.fork_step,
        r.idempotency_key, r.request_hash, r.traceparent, 'queued', 1,
        statement_timestamp() + make_interval(secs => r.deadline_s), '[]', r.warnings
    FROM jsonb_to_record(p_run) AS r (
        id uuid, owner_id bigint, api_token_id uuid, task text, pattern text, params jsonb,
        tools jsonb, model text, chosen_model text, routing_reason text, route jsonb, provider text,
        simulated boolean, config jsonb, prompt_set text, prompt_version_id uuid, metadata jsonb,
        tags jsonb, session_id text, customer text, max_cost_usd numeric, when_out_of_money text, cache text, cache_digest text,
        forked_from_id uuid, fork_step text, idempotency_key text, request_hash text,
        traceparent text, warnings jsonb,
        deadline_s double precision
    )
    ON CONFLICT DO NOTHING
    RETURNING stored.created_at, stored.deadline_at INTO created_at, deadline_at;
    IF NOT FOUND THEN
        -- Another request with the same key was faster, or this one was sent twice.
        outcome := 'known';
        SELECT r.id INTO known FROM runs_run r
        WHERE r.id = (p_run ->> 'id')::uuid
            OR (r.owner_id = v_owner AND r.idempotency_key = p_run ->> 'idempotency_key');
        RETURN;
    END IF;
    INSERT INTO runs_runevent (run_id, seq, type, data)
    VALUES ((p_run ->> 'id')::uuid, 1, 'run.queued', '{}');
    outcome := 'stored';
END $$;

-- The newest run that paid for an equal one's answer, if that may be given again; else null. Only whole
-- answers may, and none that would have been another one at another moment: where a tool changes with
-- time or the web, where money was short, or where another model answered.
-- Called from: Python; submit.
CREATE FUNCTION runs.kept_run(p_owner bigint, p_digest text, p_kept jsonb) RETURNS uuid
LANGUAGE sql STABLE AS $$
    SELECT r.id FROM runs_run r
    WHERE r.owner_id = p_owner AND r.cache_digest = p_digest AND NOT r.cache_hit
        AND r.finished_at > now() - make_interval(secs => (p_kept ->> 'seconds')::float8)
        AND r.status = 'succeeded' AND r.answer_kind = 'final'
        AND NOT EXISTS (
            SELECT 1 FROM runs_step s WHERE s.run_id = r.id AND s.kind = 'tool'
                AND NOT p_kept -> 'stable_tools' ? coalesce(s.request ->> 'tool', '')
        )
        AND NOT EXISTS (
            SELECT 1 FROM runs_runevent e WHERE e.run_id = r.id AND e.type = 'notice'
                AND e.data ->> 'code' IN ('breadth', 'fallback', 'served_other')
        )
    ORDER BY r.finished_at DESC, r.id DESC LIMIT 1
$$;
