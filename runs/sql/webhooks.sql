-- Messages for webhooks: rows that are written in the transaction that makes them true. Workers send
-- them (runs/webhooks/). For users without webhooks it is one look into an index.

-- Tell a user's webhooks that a run has ended, or that it waits; `p_event` is that event's data.
-- Called from: append_events. The caller holds the run row.
CREATE FUNCTION runs.tell_of_run(p_run uuid, p_event jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_run record;
    v_type text := 'run.finished';
    v_data jsonb;
BEGIN
    SELECT
        r.owner_id, r.status, r.answer_kind, r.stop_reason, r.error, r.cost_usd, r.in_doubt_usd,
        r.pattern, r.chosen_model, r.simulated, r.created_at, r.finished_at
    INTO v_run FROM runs_run r
    WHERE r.id = p_run
        AND EXISTS (SELECT 1 FROM runs_webhook w WHERE w.owner_id = r.owner_id AND w.enabled);
    IF NOT FOUND THEN
        RETURN;
    END IF;
    v_data := jsonb_build_object(
        'run_id', p_run, 'status', v_run.status, 'pattern', v_run.pattern,
        'model', v_run.chosen_model, 'simulated', v_run.simulated,
        'cost_usd', trim_scale(v_run.cost_usd)::text,
        'in_doubt_usd', trim_scale(v_run.in_doubt_usd)::text,
        'created_at', runs.rfc3339(v_run.created_at)
    );
    IF v_run.status = 'awaiting_approval' THEN
        v_type := 'approval.requested';
        v_data := v_data || jsonb_build_object(
            'question', p_event -> 'question', 'until', p_event -> 'until',
            'calls', jsonb_array_length(p_event -> 'steps'),
            'steps', runs.named_steps(p_event -> 'steps')
        );
    ELSIF v_run.status = 'awaiting_funds' THEN
        v_type := 'funds.requested';
        v_data := v_data || (p_event - 'code');
    ELSE
        v_data := v_data || jsonb_build_object(
            'answer_kind', v_run.answer_kind, 'stop_reason', v_run.stop_reason,
            'error_code', v_run.error -> 'code', 'finished_at', runs.rfc3339(v_run.finished_at)
        );
    END IF;
    PERFORM runs.queue_messages(ARRAY[v_run.owner_id], v_type, v_data);
END $$;

-- Tell that 80 or 100 percent of a budget's limit are used up, once a window: the user whose budget it
-- is, or whose token's; of a budget of the site, all staff.
-- Called from: settle_call, which has locked the windows.
CREATE FUNCTION runs.tell_thresholds(p_windows bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_window bigint;
    v_percent int;
    v_budget record;
    v_owners bigint[];
BEGIN
    FOREACH v_window IN ARRAY p_windows LOOP
        SELECT
            b.id, b.scope, b.user_id, b.api_token_id, b.period, b.timezone, w.hard, w.simulated,
            w.limit_usd, w.settled_usd, w.held_usd, w.starts_at, w.ends_at
        INTO v_budget
        FROM billing_budgetwindow w JOIN billing_budget b ON b.id = w.budget_id
        WHERE w.id = v_window;
        SELECT array_agg(u.id) INTO v_owners FROM accounts_user u
        WHERE CASE v_budget.scope
            WHEN 'site' THEN u.is_staff
            WHEN 'user' THEN u.id = v_budget.user_id
            ELSE u.id = (SELECT t.user_id FROM accounts_apitoken t WHERE t.id = v_budget.api_token_id)
        END;
        FOREACH v_percent IN ARRAY billing.pass_thresholds(v_window) LOOP
            PERFORM runs.queue_messages(v_owners, 'budget.threshold', jsonb_build_object(
                'budget_id', v_budget.id, 'threshold_percent', v_percent,
                'scope', v_budget.scope, 'token_id', v_budget.api_token_id,
                'period', v_budget.period, 'timezone', v_budget.timezone, 'hard', v_budget.hard,
                'simulated', v_budget.simulated,
                'limit_usd', trim_scale(v_budget.limit_usd)::text,
                'settled_usd', trim_scale(v_budget.settled_usd)::text,
                'held_usd', trim_scale(v_budget.held_usd)::text,
                'starts_at', runs.rfc3339(v_budget.starts_at),
                'resets_at', runs.rfc3339(v_budget.ends_at)
            ));
        END LOOP;
    END LOOP;
END $$;

-- Write a message for each webhook of these users that is on and wants its type.
-- Called from: tell_of_run, tell_thresholds.
-- Locks: the webhooks' keys, as their foreign key does; one that is being deleted gets none.
CREATE FUNCTION runs.queue_messages(p_owners bigint[], p_type text, p_data jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO runs_webhookdelivery (id, webhook_id, type, data)
    SELECT runs.uuid7(), w.id, p_type, p_data
    FROM runs_webhook w JOIN accounts_user u ON u.id = w.owner_id
    WHERE w.owner_id = ANY (p_owners) AND w.enabled AND p_type = ANY (w.events) AND u.is_active
    FOR KEY SHARE OF w;
END $$;

-- Which tool calls wait for a word, without what they are called with; the first 20.
-- Called from: tell_of_run.
CREATE FUNCTION runs.named_steps(p_steps jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'key', step -> 'key', 'attempt', step -> 'attempt', 'tool', step -> 'tool',
        'reason', step -> 'reason'
    ) ORDER BY place), '[]')
    FROM jsonb_array_elements(p_steps) WITH ORDINALITY AS s (step, place) WHERE place <= 20
$$;

-- A moment as the API writes it.
-- Called from: tell_of_run, tell_thresholds.
CREATE FUNCTION runs.rfc3339(p_at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT to_char(p_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- A random id that begins with the time in milliseconds (RFC 9562, version 7).
-- Called from: queue_messages.
CREATE FUNCTION runs.uuid7() RETURNS uuid LANGUAGE sql VOLATILE AS $$
    SELECT encode(
        set_bit(set_bit(
            overlay(
                uuid_send(gen_random_uuid())
                PLACING substring(
                    int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3
                ) FROM 1 FOR 6
            ), 52, 1
        ), 53, 1), 'hex'
    )::uuid
$$;
