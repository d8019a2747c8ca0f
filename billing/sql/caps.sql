-- Hard limits hold only where a model keeps the output cap that is sent along. Why a call of this model
-- may not be sent now under one; null when it may:
--   uncapped: the model ignores its cap
--   probing: it isn't known yet whether the model keeps its cap, and a call that one of the same hard
--     limits counts is finding out. There is at most one such call at a time: it ends, or its worker
--     does and it is in doubt, and then the next one may.
-- The simulator is ours, and keeps every cap. `p_windows` are what the call falls into.
-- Called from: hold; runs.hold_call. Only under a hard limit: a window, or the run's own cap.
-- Locks: hard windows by id, where it isn't known yet. The caller holds the run row.
CREATE FUNCTION billing.cap_objection(
    p_run uuid, p_windows bigint[], p_simulated boolean, p_provider text, p_model text
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_known record;
    v_hard bigint[];
BEGIN
    SELECT s.ignores_cap, s.keeps_cap INTO v_known FROM billing_modelsafety s
    WHERE s.provider = p_provider AND s.model = p_model;
    IF v_known.ignores_cap THEN
        RETURN 'uncapped';
    ELSIF v_known.keeps_cap OR p_simulated THEN
        RETURN NULL;
    END IF;
    SELECT array_agg(w.id) INTO v_hard FROM (
        SELECT id FROM billing_budgetwindow WHERE id = ANY (p_windows) AND hard
        ORDER BY id FOR UPDATE
    ) w;
    -- A statement of its own, so that it sees what was sent while this waited for the windows.
    PERFORM 1 FROM billing_hold h
    WHERE h.state = 'dispatched' AND h.provider = p_provider AND h.model = p_model
        AND (h.run_id = p_run OR h.window_ids && v_hard);
    RETURN CASE WHEN FOUND THEN 'probing' END;
END $$;

-- As `cap_objection`, of the call that a run's closing money is held for: under the hard windows of that
-- money, or the run's own cap (`p_capped`).
-- Called from: runs.hold_call.
-- Locks: as cap_objection.
CREATE FUNCTION billing.closing_objection(
    p_run uuid, p_simulated boolean, p_provider text, p_model text, p_capped boolean
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_windows bigint[];
BEGIN
    SELECT window_ids INTO v_windows FROM billing_hold
    WHERE run_id = p_run AND kind = 'closing' AND state = 'held';
    PERFORM 1 FROM billing_budgetwindow WHERE id = ANY (v_windows) AND hard;
    IF v_windows IS NULL OR NOT (FOUND OR p_capped) THEN
        RETURN NULL;
    END IF;
    RETURN billing.cap_objection(p_run, v_windows, p_simulated, p_provider, p_model);
END $$;

-- A call went far past its output cap, or cost more than was held for it (`p_overrun`). When its input
-- was more than its bound by `p_ratio`, more is held for this model from now on, at most twice as much
-- at a time; a model that ignored its cap is no longer called under a hard limit. `p_safety` was in
-- force.
-- Called from: learn.
-- Locks: the model's row.
CREATE FUNCTION billing.learn_overrun(
    p_provider text, p_model text, p_safety numeric, p_ratio numeric, p_ignored boolean,
    p_overrun boolean
) RETURNS void LANGUAGE sql AS $$
    INSERT INTO billing_modelsafety AS s (provider, model, factor, ignores_cap, overruns)
    VALUES (p_provider, p_model, least(
        100, round(p_safety * CASE WHEN p_ratio > 1 THEN least(2, p_ratio * 1.1) ELSE 1 END, 4)
    ), p_ignored, p_overrun::int)
    ON CONFLICT ON CONSTRAINT safety_unique DO UPDATE SET
        factor = greatest(s.factor, excluded.factor),
        ignores_cap = s.ignores_cap OR excluded.ignores_cap,
        keeps_cap = s.keeps_cap AND NOT excluded.ignores_cap,
        overruns = s.overruns + excluded.overruns,
        last_at = now()
$$;

-- An answer ended by itself within its cap. True when that is news.
-- Called from: learn.
-- Locks: the model's row.
CREATE FUNCTION billing.learn_kept_cap(p_provider text, p_model text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO billing_modelsafety AS s (provider, model, keeps_cap)
    VALUES (p_provider, p_model, true)
    ON CONFLICT ON CONSTRAINT safety_unique DO UPDATE SET keeps_cap = true
    WHERE NOT s.keeps_cap AND NOT s.ignores_cap;
    RETURN FOUND;
END $$;

-- What a charged call says about its model. `safety`, the factor that was in force, stands in the usage
-- only where the provider counted it: a guess of ours says nothing about the input. `past_cap` says
-- that we had to cut the answer, `ended` that it ended by itself while nothing is known of the cap.
-- Called from: settle.
-- Locks: the model's row, where something is learnt.
CREATE FUNCTION billing.learn(
    p_provider text, p_model text, p_max_input bigint, p_max_output bigint, p_usage jsonb,
    p_overrun boolean
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_counted boolean := p_usage ? 'safety';
    v_within boolean := (p_usage ->> 'output_tokens')::bigint <= p_max_output * 1.1 + 16;
    v_ignored boolean := p_usage ? 'past_cap' OR (v_counted AND NOT v_within);
    v_ratio numeric := CASE WHEN v_counted THEN (
        (p_usage ->> 'fresh_input_tokens')::numeric
        + (p_usage ->> 'cached_input_tokens')::numeric
        + (p_usage ->> 'cache_write_tokens')::numeric
    ) / greatest(1, p_max_input) ELSE 0 END;
    v_news boolean := v_ignored;
BEGIN
    IF v_ignored OR v_ratio > 1 OR (v_counted AND p_overrun) THEN
        PERFORM billing.learn_overrun(
            p_provider, p_model, coalesce((p_usage ->> 'safety')::numeric, 1), v_ratio, v_ignored,
            p_overrun
        );
    END IF;
    IF p_usage ? 'ended' AND v_within AND NOT v_ignored THEN
        v_news := billing.learn_kept_cap(p_provider, p_model);
    END IF;
    IF v_news THEN
        -- Those who wait for the outcome needn't wait for their next look.
        PERFORM pg_notify('billing_freed', '');
    END IF;
END $$;
