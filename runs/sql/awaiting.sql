-- A run leaves its worker to wait for a person. `p_asked` says for what:
--   {"reason": "funds", "needs_usd"}: see await_funds
--   {"reason": "approval"}: the tool calls in its journal that were asked for and not decided
-- `partial` is what it could answer now: its answer, if it ends before it goes on.
-- Called from: Python.
-- Locks: the run row, the budgets lock (shared), windows by id, holds.
-- Outcomes: paused (or back in the queue, see await_funds); fenced; cancelling (it has to be finished
--   instead); dispatched (refused).
CREATE FUNCTION runs.pause(p_run uuid, p_epoch int, p_asked jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_run record := runs.lock(p_run, p_epoch);
BEGIN
    IF NOT v_run.owned THEN
        RETURN jsonb_build_object('outcome', 'fenced');
    END IF;
    IF runs.has_dispatched(p_run) THEN
        RETURN jsonb_build_object('outcome', 'dispatched');
    END IF;
    IF v_run.status = 'cancelling' THEN
        RETURN jsonb_build_object('outcome', 'cancelling');
    END IF;
    UPDATE runs_run SET partial = p_asked ->> 'partial' WHERE id = p_run;
    RETURN jsonb_build_object('outcome', 'paused', 'events', CASE
        WHEN p_asked ->> 'reason' = 'funds' THEN runs.await_funds(
            p_run, (p_asked ->> 'needs_usd')::numeric
        )
        ELSE runs.begin_wait(p_run, 'awaiting_approval', NULL, jsonb_build_object(
            'steps', runs.open_questions(p_run)
        ))
    END);
END $$;

-- A run lacks money that only a person, or a new period, can bring: it waits for `p_needs`. Where others
-- merely hold the money, it waits in the queue instead. It holds nothing meanwhile, so that it keeps
-- nothing from anybody. Returns the events.
-- Called from: pause, begin, sweep. The caller holds the run row and has checked its state.
-- Locks: the budgets lock (shared), windows by id, holds.
CREATE FUNCTION runs.await_funds(p_run uuid, p_needs numeric) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_run record;
    v_payer billing.payer;
    v_cap_left numeric;
    v_figures jsonb;
BEGIN
    SELECT owner_id, api_token_id, simulated, max_cost_usd, cost_usd INTO v_run
    FROM runs_run WHERE id = p_run;
    v_payer := (v_run.owner_id, v_run.api_token_id, v_run.simulated);
    v_cap_left := v_run.max_cost_usd - v_run.cost_usd;
    IF p_needs > v_cap_left THEN
        v_figures := runs.cap_refusal(v_run.max_cost_usd, v_run.cost_usd, 0, p_needs)
            || jsonb_build_object(
                'left_usd', trim_scale(v_cap_left)::text,
                'short_usd', trim_scale(p_needs - v_cap_left)::text
            );
    ELSIF p_needs > (SELECT min(unspent) FROM billing.available_budgets(v_payer)) THEN
        v_figures := billing.refusal(v_payer, p_needs) - 'budget';
    ELSE
        UPDATE runs_run SET held_usd = held_usd - billing.release(p_run, true) WHERE id = p_run;
        RETURN runs.requeue(p_run, 'waiting_for_money', p_needs);
    END IF;
    RETURN runs.begin_wait(
        p_run, 'awaiting_funds', p_needs,
        v_figures || jsonb_build_object('needs_usd', trim_scale(p_needs)::text)
    );
END $$;

-- Take a run from its worker, or out of the queue, until a person or the sweep brings it back. Its epoch
-- is the number of the question. Returns the event.
-- Called from: pause, await_funds. The caller holds the run row.
-- Locks: the budgets lock (shared), windows by id, holds.
CREATE FUNCTION runs.begin_wait(p_run uuid, p_status text, p_needs numeric, p_awaiting jsonb)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_awaiting jsonb;
BEGIN
    UPDATE runs_run SET
        status = p_status, epoch = epoch + 1, worker_id = NULL, needs_usd = p_needs,
        awaiting = p_awaiting || jsonb_build_object(
            'code', p_status, 'question', epoch + 1,
            'until', to_char(deadline_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
        ),
        awaiting_since = now(), held_usd = held_usd - billing.release(p_run, true)
    WHERE id = p_run RETURNING awaiting INTO v_awaiting;
    RETURN runs.append_events(p_run, jsonb_build_array(
        jsonb_build_object('type', 'run.awaiting', 'data', v_awaiting)
    ));
END $$;

-- A run that waited for a person goes back into the queue. The code is funded, room_again (in the
-- budgets), decided, or past_deadline. Returns the event.
-- Called from: fund, decide, sweep. The caller holds the run row and has checked its state.
CREATE FUNCTION runs.resume(p_run uuid, p_code text, p_figures jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE runs_run SET
        status = 'queued', awaiting = NULL, awaiting_since = NULL,
        needs_usd = CASE p_code WHEN 'past_deadline' THEN NULL ELSE needs_usd END
    WHERE id = p_run;
    RETURN runs.append_events(p_run, jsonb_build_array(jsonb_build_object(
        'type', 'run.resumed', 'data', jsonb_build_object('code', p_code) || p_figures
    )));
END $$;

-- Raise the own limit of a run that waits for that. `p_question` is the question that is answered (null:
-- the present one), so that an answer counts once. The same `p_key` is the same request.
-- Called from: Python.
-- Locks: the run row.
-- Outcomes: resumed; replayed (this key did so before); conflict (with another amount); not_waiting;
--   budget (its own limit isn't what is short); too_little (see `short_usd`).
CREATE FUNCTION runs.fund(p_run uuid, p_add numeric, p_question int, p_key text) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_run record;
    v_short numeric;
    v_earlier jsonb;
BEGIN
    SELECT status, awaiting, needs_usd, max_cost_usd, cost_usd INTO v_run
    FROM runs_run WHERE id = p_run FOR UPDATE;
    SELECT data INTO v_earlier FROM runs_runevent
    WHERE run_id = p_run AND type = 'run.resumed' AND data ->> 'idempotency_key' = p_key;
    IF FOUND THEN
        RETURN jsonb_build_object('outcome', CASE
            WHEN (v_earlier ->> 'add_usd')::numeric = p_add THEN 'replayed' ELSE 'conflict'
        END);
    END IF;
    IF v_run.status <> 'awaiting_funds'
        OR p_question <> (v_run.awaiting ->> 'question')::int THEN
        RETURN jsonb_build_object('outcome', 'not_waiting');
    END IF;
    v_short := v_run.needs_usd - (v_run.max_cost_usd - v_run.cost_usd);
    IF coalesce(v_short, 0) <= 0 THEN
        RETURN jsonb_build_object('outcome', 'budget');
    END IF;
    IF p_add < v_short THEN
        RETURN jsonb_build_object(
            'outcome', 'too_little', 'short_usd', trim_scale(v_short)::text
        );
    END IF;
    UPDATE runs_run SET max_cost_usd = max_cost_usd + p_add WHERE id = p_run;
    RETURN jsonb_build_object('outcome', 'resumed', 'events', runs.resume(
        p_run, 'funded', jsonb_strip_nulls(jsonb_build_object(
            'add_usd', trim_scale(p_add)::text,
            'max_cost_usd', trim_scale(v_run.max_cost_usd + p_add)::text,
            'idempotency_key', p_key
        ))
    ));
END $$;

-- The owner's word on a tool call: `p_decision` has the verdict (approved, declined, took_effect, which
-- answers only what became of a call) and a comment. The run goes on once all that it asked for is decided. `p_attempt` null: the first question
-- about this call; only a later one has to be named, since its outcome is not known then.
-- Called from: Python.
-- Locks: the run row, the step.
-- Outcomes: recorded (others are open); resumed; replayed (it was decided so before); conflict
--   (otherwise); not_waiting; no_step (nobody asked that).
CREATE FUNCTION runs.decide(p_run uuid, p_key text, p_attempt int, p_decision jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_status text;
    v_step record;
    v_events jsonb;
BEGIN
    SELECT status INTO v_status FROM runs_run WHERE id = p_run FOR UPDATE;
    SELECT id, attempt, label, request ->> 'reason' AS reason, decision INTO v_step FROM runs_step
    WHERE run_id = p_run AND key = p_key AND (status = 'asked' OR decision IS NOT NULL)
        AND (p_attempt IS NULL OR attempt = p_attempt)
    ORDER BY attempt LIMIT 1;
    IF NOT FOUND OR (
        v_step.reason = 'effect' AND p_decision ->> 'verdict' = 'took_effect'
    ) THEN
        RETURN jsonb_build_object('outcome', 'no_step');
    END IF;
    IF v_step.decision IS NOT NULL THEN
        RETURN jsonb_build_object('outcome', CASE
            WHEN v_step.decision ->> 'verdict' = p_decision ->> 'verdict' THEN 'replayed'
            ELSE 'conflict'
        END);
    END IF;
    IF v_status <> 'awaiting_approval' THEN
        RETURN jsonb_build_object('outcome', 'not_waiting');
    END IF;
    UPDATE runs_step SET decision = p_decision WHERE id = v_step.id;
    v_events := runs.append_events(p_run, jsonb_build_array(jsonb_build_object(
        'type', 'tool.decided', 'data', p_decision || jsonb_build_object(
            'key', p_key, 'attempt', v_step.attempt, 'label', v_step.label
        )
    )));
    PERFORM 1 FROM runs_step WHERE run_id = p_run AND status = 'asked' AND decision IS NULL;
    IF FOUND THEN
        UPDATE runs_run SET
            awaiting = awaiting || jsonb_build_object('steps', runs.open_questions(p_run))
        WHERE id = p_run;
        RETURN jsonb_build_object('outcome', 'recorded', 'events', v_events);
    END IF;
    RETURN jsonb_build_object(
        'outcome', 'resumed', 'events', v_events || runs.resume(p_run, 'decided', '{}')
    );
END $$;

-- The tool calls of a run that were asked for and are not decided: key, attempt, label, and what was
-- asked.
-- Called from: pause, decide. The caller holds the run row.
CREATE FUNCTION runs.open_questions(p_run uuid) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(
        jsonb_build_object('key', key, 'attempt', attempt, 'label', label) || request ORDER BY id
    ), '[]')
    FROM runs_step WHERE run_id = p_run AND status = 'asked' AND decision IS NULL
$$;

-- A run that has bought something is past its deadline in the queue, or while a person had the word: it
-- may go on for as long as its answer takes, from what it has. Returns the events.
-- Called from: sweep, which holds the run row.
CREATE FUNCTION runs.conclude(p_run uuid) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_status text;
BEGIN
    UPDATE runs_run SET concludes_by = now() + interval '5 minutes', needs_usd = NULL
    WHERE id = p_run RETURNING status INTO v_status;
    IF v_status = 'queued' THEN
        RETURN runs.append_notice(p_run, 'past_deadline', '{}');
    END IF;
    RETURN runs.resume(p_run, 'past_deadline', '{}');
END $$;
