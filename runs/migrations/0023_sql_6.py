"""Set 6 of the SQL functions, made by `manage.py freeze_sql`."""

from django.db import migrations

CREATE = r"""SET LOCAL check_function_bodies = off;
CREATE SCHEMA runs_6;

-- A run leaves its worker to wait for a person. `p_asked` says for what:
--   {"reason": "funds", "needs_usd"}: see await_funds
--   {"reason": "approval"}: the tool calls in its journal that were asked for and not decided
-- `partial` is what it could answer now: its answer, if it ends before it goes on.
-- Called from: Python.
-- Locks: the run row, the budgets lock (shared), windows by id, holds.
-- Outcomes: paused (or back in the queue, see await_funds); fenced; cancelling (it has to be finished
--   instead); dispatched (refused).
CREATE FUNCTION runs_6.pause(p_run uuid, p_epoch int, p_asked jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_run record := runs_6.lock(p_run, p_epoch);
BEGIN
    IF NOT v_run.owned THEN
        RETURN jsonb_build_object('outcome', 'fenced');
    END IF;
    IF runs_6.has_dispatched(p_run) THEN
        RETURN jsonb_build_object('outcome', 'dispatched');
    END IF;
    IF v_run.status = 'cancelling' THEN
        RETURN jsonb_build_object('outcome', 'cancelling');
    END IF;
    UPDATE runs_run SET partial = p_asked ->> 'partial' WHERE id = p_run;
    RETURN jsonb_build_object('outcome', 'paused', 'events', CASE
        WHEN p_asked ->> 'reason' = 'funds' THEN runs_6.await_funds(
            p_run, (p_asked ->> 'needs_usd')::numeric
        )
        ELSE runs_6.begin_wait(p_run, 'awaiting_approval', NULL, jsonb_build_object(
            'steps', runs_6.open_questions(p_run)
        ))
    END);
END $$;

-- A run lacks money that only a person, or a new period, can bring: it waits for `p_needs`. Where others
-- merely hold the money, it waits in the queue instead. It holds nothing meanwhile, so that it keeps
-- nothing from anybody. Returns the events.
-- Called from: pause, begin, sweep. The caller holds the run row and has checked its state.
-- Locks: the budgets lock (shared), windows by id, holds.
CREATE FUNCTION runs_6.await_funds(p_run uuid, p_needs numeric) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_run record;
    v_payer billing_6.payer;
    v_cap_left numeric;
    v_figures jsonb;
BEGIN
    SELECT owner_id, api_token_id, simulated, max_cost_usd, cost_usd INTO v_run
    FROM runs_run WHERE id = p_run;
    v_payer := (v_run.owner_id, v_run.api_token_id, v_run.simulated);
    v_cap_left := v_run.max_cost_usd - v_run.cost_usd;
    IF p_needs > v_cap_left THEN
        v_figures := runs_6.cap_refusal(v_run.max_cost_usd, v_run.cost_usd, 0, p_needs)
            || jsonb_build_object(
                'left_usd', trim_scale(v_cap_left)::text,
                'short_usd', trim_scale(p_needs - v_cap_left)::text
            );
    ELSIF p_needs > (SELECT min(unspent) FROM billing_6.available_budgets(v_payer)) THEN
        v_figures := billing_6.refusal(v_payer, p_needs) - 'budget';
    ELSE
        UPDATE runs_run SET held_usd = held_usd - billing_6.release(p_run, true) WHERE id = p_run;
        RETURN runs_6.requeue(p_run, 'waiting_for_money', p_needs);
    END IF;
    RETURN runs_6.begin_wait(
        p_run, 'awaiting_funds', p_needs,
        v_figures || jsonb_build_object('needs_usd', trim_scale(p_needs)::text)
    );
END $$;

-- Take a run from its worker, or out of the queue, until a person or the sweep brings it back. Its epoch
-- is the number of the question. Returns the event.
-- Called from: pause, await_funds. The caller holds the run row.
-- Locks: the budgets lock (shared), windows by id, holds.
CREATE FUNCTION runs_6.begin_wait(p_run uuid, p_status text, p_needs numeric, p_awaiting jsonb)
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
        awaiting_since = now(), held_usd = held_usd - billing_6.release(p_run, true)
    WHERE id = p_run RETURNING awaiting INTO v_awaiting;
    RETURN runs_6.append_events(p_run, jsonb_build_array(
        jsonb_build_object('type', 'run.awaiting', 'data', v_awaiting)
    ));
END $$;

-- A run that waited for a person goes back into the queue. The code is funded, room_again (in the
-- budgets), decided, or past_deadline. Returns the event.
-- Called from: fund, decide, sweep. The caller holds the run row and has checked its state.
CREATE FUNCTION runs_6.resume(p_run uuid, p_code text, p_figures jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE runs_run SET
        status = 'queued', awaiting = NULL, awaiting_since = NULL,
        needs_usd = CASE p_code WHEN 'past_deadline' THEN NULL ELSE needs_usd END
    WHERE id = p_run;
    RETURN runs_6.append_events(p_run, jsonb_build_array(jsonb_build_object(
        'type', 'run.resumed', 'data', jsonb_build_object('code', p_code) || p_figures
    )));
END $$;

-- Raise the own limit of a run that waits for that. `p_question` is the question that is answered (null:
-- the present one), so that an answer counts once. The same `p_key` is the same request.
-- Called from: Python.
-- Locks: the run row.
-- Outcomes: resumed; replayed (this key did so before); conflict (with another amount); not_waiting;
--   budget (its own limit isn't what is short); too_little (see `short_usd`).
CREATE FUNCTION runs_6.fund(p_run uuid, p_add numeric, p_question int, p_key text) RETURNS jsonb
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
    RETURN jsonb_build_object('outcome', 'resumed', 'events', runs_6.resume(
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
CREATE FUNCTION runs_6.decide(p_run uuid, p_key text, p_attempt int, p_decision jsonb) RETURNS jsonb
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
    v_events := runs_6.append_events(p_run, jsonb_build_array(jsonb_build_object(
        'type', 'tool.decided', 'data', p_decision || jsonb_build_object(
            'key', p_key, 'attempt', v_step.attempt, 'label', v_step.label
        )
    )));
    PERFORM 1 FROM runs_step WHERE run_id = p_run AND status = 'asked' AND decision IS NULL;
    IF FOUND THEN
        UPDATE runs_run SET
            awaiting = awaiting || jsonb_build_object('steps', runs_6.open_questions(p_run))
        WHERE id = p_run;
        RETURN jsonb_build_object('outcome', 'recorded', 'events', v_events);
    END IF;
    RETURN jsonb_build_object(
        'outcome', 'resumed', 'events', v_events || runs_6.resume(p_run, 'decided', '{}')
    );
END $$;

-- The tool calls of a run that were asked for and are not decided: key, attempt, label, and what was
-- asked.
-- Called from: pause, decide. The caller holds the run row.
CREATE FUNCTION runs_6.open_questions(p_run uuid) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(
        jsonb_build_object('key', key, 'attempt', attempt, 'label', label) || request ORDER BY id
    ), '[]')
    FROM runs_step WHERE run_id = p_run AND status = 'asked' AND decision IS NULL
$$;

-- A run that has bought something is past its deadline in the queue, or while a person had the word: it
-- may go on for as long as its answer takes, from what it has. Returns the events.
-- Called from: sweep, which holds the run row.
CREATE FUNCTION runs_6.conclude(p_run uuid) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_status text;
BEGIN
    UPDATE runs_run SET concludes_by = now() + interval '5 minutes', needs_usd = NULL
    WHERE id = p_run RETURNING status INTO v_status;
    IF v_status = 'queued' THEN
        RETURN runs_6.append_notice(p_run, 'past_deadline', '{}');
    END IF;
    RETURN runs_6.resume(p_run, 'past_deadline', '{}');
END $$;

-- One attempt of an LLM call begins: its money is held and dispatched, its step started, its event
-- written. A closing call uses the closing money, and the tickets of calls that it makes needless go;
-- closing money that is too little for it is given back, and it asks as any other call. Under the
-- run's own cap, what its pending calls hold may come back, but not its closing money.
-- Called from: Python.
-- Locks: the run row, the budgets lock (shared), windows by id, holds.
-- Outcomes: held; fenced; cancelling; taken (this attempt is over); waiting, exhausted, uncapped,
--   probing (see billing_6.hold).
-- Idempotent by: (run, step key, attempt).
CREATE FUNCTION runs_6.hold_call(
    p_run uuid, p_epoch int, p_step jsonb, p_bound jsonb, p_events jsonb
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_run record := runs_6.lock(p_run, p_epoch);
    v_payer billing_6.payer := (v_run.owner_id, v_run.api_token_id, v_run.simulated);
    v_cap_unspent numeric := v_run.max_cost_usd - v_run.cost_usd;
    v_key text := p_step ->> 'key';
    v_attempt int := (p_step ->> 'attempt')::int;
    -- A role's model, or a fallback, may be another provider's than the run's own.
    v_provider text := coalesce(p_bound ->> 'provider', v_run.provider);
    v_hold record;
    v_closing boolean := false;
    v_closing_money numeric;
    v_objection text;
    v_last int;
BEGIN
    IF NOT v_run.owned THEN
        RETURN jsonb_build_object('outcome', 'fenced');
    END IF;
    IF v_run.status = 'cancelling' THEN
        -- An earlier try whose reply was lost: nothing was sent.
        PERFORM runs_6.settle_call(
            p_run, p_epoch, id, 'cancelled', NULL, NULL, NULL, 'exact', 0, NULL
        ) FROM billing_hold
        WHERE run_id = p_run AND step_key = v_key AND attempt = v_attempt AND state = 'dispatched';
        RETURN jsonb_build_object('outcome', 'cancelling');
    END IF;
    IF (p_step ->> 'closing')::boolean THEN
        PERFORM billing_6.share_budgets();
        DELETE FROM billing_hold
        WHERE run_id = p_run AND state = 'waiting' AND step_key <> v_key;
        v_objection := billing_6.closing_objection(
            p_run, v_run.simulated, v_provider, p_bound ->> 'model',
            v_run.max_cost_usd IS NOT NULL
        );
        IF v_objection = 'probing' THEN
            RETURN jsonb_build_object('outcome', 'probing', 'events', '[]'::jsonb);
        END IF;
        UPDATE billing_hold h SET
            state = 'dispatched', step_key = v_key, attempt = v_attempt,
            model = p_bound ->> 'model', -- the run's own, or a cheaper one that answers instead
            provider = v_provider
        WHERE h.run_id = p_run AND h.kind = 'closing' AND h.state = 'held'
            AND h.max_input_tokens >= (p_bound ->> 'max_input_tokens')::bigint
            AND h.input_price >= (p_bound ->> 'input_price')::numeric
            AND h.output_price >= (p_bound ->> 'output_price')::numeric
            AND v_objection IS DISTINCT FROM 'uncapped'
        RETURNING 'held' AS outcome, h.id AS hold_id, 0::numeric AS amount,
            h.max_output_tokens AS output_tokens, NULL::jsonb AS refusal INTO v_hold;
        v_closing := FOUND;
        PERFORM 1 FROM billing_hold WHERE run_id = p_run AND kind = 'closing' AND state = 'held';
        IF FOUND THEN
            -- The closing money doesn't fit the call. New windows are opened before `release` locks
            -- older ones, since windows are locked by id.
            PERFORM billing_6.open_windows(v_payer, clock_timestamp());
            UPDATE runs_run SET held_usd = held_usd - billing_6.release(p_run, true)
            WHERE id = p_run RETURNING held_usd INTO v_run.held_usd;
        END IF;
    END IF;
    IF NOT v_closing THEN
        IF v_cap_unspent IS NOT NULL THEN
            SELECT coalesce(sum(amount), 0) INTO v_closing_money FROM billing_hold
            WHERE run_id = p_run AND kind = 'closing' AND state = 'held';
        END IF;
        v_hold := billing_6.hold(
            v_payer, p_run, v_key, v_attempt, 'call', 'dispatched', v_run.pattern, v_provider,
            p_bound, v_cap_unspent - v_run.held_usd, v_cap_unspent - v_closing_money, 0
        );
    END IF;
    IF v_hold.outcome <> 'held' THEN
        RETURN jsonb_build_object(
            'outcome', CASE v_hold.outcome WHEN 'again' THEN 'held' ELSE v_hold.outcome END,
            'hold', v_hold.hold_id, 'output_tokens', v_hold.output_tokens,
            'refusal', CASE v_hold.outcome WHEN 'exhausted' THEN coalesce(
                v_hold.refusal,
                runs_6.cap_refusal(
                    v_run.max_cost_usd, v_run.cost_usd, v_run.held_usd, v_hold.amount
                )
            ) END,
            'events', '[]'::jsonb
        );
    END IF;
    UPDATE runs_run SET
        held_usd = held_usd + v_hold.amount, last_seq = last_seq + jsonb_array_length(p_events)
    WHERE id = p_run RETURNING last_seq INTO v_last;
    INSERT INTO runs_step (run_id, key, attempt, kind, label, status, digest, request, hold_id)
    VALUES (
        p_run, v_key, v_attempt, 'llm', p_step ->> 'label', 'started', p_step ->> 'digest',
        p_step -> 'request', v_hold.hold_id
    );
    RETURN jsonb_build_object(
        'outcome', 'held', 'hold', v_hold.hold_id, 'output_tokens', v_hold.output_tokens,
        'events', runs_6.insert_events(p_run, v_last, p_events)
    );
END $$;

-- One attempt of an LLM call ends: ledger, hold, sums, step, run totals and events in one
-- transaction. Money is written whatever the epoch; the step's end and its event only by the epoch
-- that owns the run. `p_event` is the step's last event, to which the cost is added, or null.
-- `p_notice` says, with its sentence, what is odd about the charge; it becomes a warning of the run, and
-- is told once.
-- Called from: Python, hold_call, mark_in_doubt, resolve.
-- Locks: the run row, the budgets lock (shared), the hold, the step, then windows and daily sums.
-- Outcomes: settled; fenced.
-- Idempotent by: the hold.
CREATE FUNCTION runs_6.settle_call(
    p_run uuid, p_epoch int, p_hold bigint, p_status text, p_response jsonb, p_error jsonb,
    p_usage jsonb, p_confidence text, p_duration_ms bigint, p_event jsonb,
    p_notice jsonb DEFAULT NULL
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_run record := runs_6.lock(p_run, p_epoch);
    v_outcome text := CASE WHEN v_run.owned THEN 'settled' ELSE 'fenced' END;
    v_paid record;
    -- Tokens in doubt are no part of a run's usage.
    v_known int := CASE WHEN p_usage IS NULL OR p_confidence = 'in_doubt' THEN 0 ELSE 1 END;
    v_fresh bigint := coalesce((p_usage ->> 'fresh_input_tokens')::bigint, 0);
    v_cached bigint := coalesce((p_usage ->> 'cached_input_tokens')::bigint, 0);
    v_written bigint := coalesce((p_usage ->> 'cache_write_tokens')::bigint, 0);
    v_output bigint := coalesce((p_usage ->> 'output_tokens')::bigint, 0);
    v_reasoning bigint := coalesce((p_usage ->> 'reasoning_tokens')::bigint, 0);
    v_totals record;
    v_sums record;
    v_count int;
    v_events jsonb := '[]'::jsonb;
BEGIN
    -- What a worker that lost the run can only estimate is no better than the doubt: it may have
    -- slept while the provider went on writing. (Epoch -1 is staff's resolution.)
    v_paid := billing_6.settle(
        p_hold, p_usage,
        CASE WHEN NOT v_run.owned AND p_epoch >= 0 AND p_confidence = 'estimated' THEN 'in_doubt'
            ELSE p_confidence END,
        false, p_event #>> '{data,key}', (p_event #>> '{data,attempt}')::int
    );
    IF NOT v_paid.changed THEN
        IF v_run.owned AND p_status = 'done' THEN
            v_events := runs_6.keep_answer(
                p_run, v_paid.step_key, v_paid.attempt, p_response, p_duration_ms, p_event
            );
        END IF;
        RETURN jsonb_build_object('outcome', v_outcome, 'events', v_events);
    END IF;

    UPDATE runs_step SET
        status = CASE WHEN v_run.owned THEN p_status ELSE status END,
        response = CASE WHEN v_run.owned THEN p_response ELSE response END,
        error = CASE WHEN v_run.owned THEN p_error ELSE error END,
        input_tokens = v_fresh + v_cached + v_written,
        cached_input_tokens = v_cached,
        output_tokens = v_output,
        reasoning_tokens = v_reasoning,
        cost_usd = cost_usd + v_paid.amount,
        confidence = p_confidence,
        finished_at = now(),
        duration_ms = coalesce(p_duration_ms, duration_ms)
    WHERE run_id = p_run AND key = v_paid.step_key AND attempt = v_paid.attempt;

    IF v_paid.superseded IS NOT NULL THEN
        PERFORM runs_6.subtract_tokens(p_run, v_paid.superseded);
    END IF;
    IF p_event IS NOT NULL AND v_run.owned THEN
        v_events := jsonb_build_array(jsonb_set(
            p_event, '{data,cost_usd}', to_jsonb(trim_scale(v_paid.amount)::text)
        ));
    END IF;
    IF p_notice IS NOT NULL AND v_run.owned THEN
        UPDATE runs_run SET warnings = warnings || (p_notice -> 'message')
        WHERE id = p_run AND NOT warnings ? (p_notice ->> 'message');
        IF FOUND THEN
            v_events := v_events || jsonb_build_object('type', 'notice', 'data', p_notice);
        END IF;
    END IF;
    IF v_paid.overrun > 0 AND v_run.owned THEN
        v_events := v_events || jsonb_build_object('type', 'notice', 'data', jsonb_build_object(
            'code', 'overrun', 'overrun_usd', trim_scale(v_paid.overrun)::text
        ));
    END IF;
    -- The last event says what the cost came to; after the run's end there is none.
    v_count := jsonb_array_length(v_events)
        + (v_run.status NOT IN ('succeeded', 'failed', 'cancelled'))::int;
    UPDATE runs_run SET
        held_usd = held_usd - v_paid.unheld,
        cost_usd = cost_usd + v_paid.amount,
        in_doubt_usd = in_doubt_usd + v_paid.in_doubt,
        estimated_usd = estimated_usd + v_paid.estimated,
        input_tokens = input_tokens + v_known * (v_fresh + v_cached + v_written),
        cached_input_tokens = cached_input_tokens + v_known * v_cached,
        output_tokens = output_tokens + v_known * v_output,
        reasoning_tokens = reasoning_tokens + v_known * v_reasoning,
        llm_calls = llm_calls + (p_status = 'done' AND v_run.owned)::int,
        last_seq = last_seq + v_count
    WHERE id = p_run RETURNING cost_usd, held_usd, last_seq INTO v_totals;
    v_sums := billing_6.add_to_sums(
        v_paid.windows, v_paid.lines, v_paid.first, v_paid.unheld, v_paid.amount, v_paid.overrun
    );
    IF v_sums.reached <> '{}' THEN
        PERFORM runs_6.tell_thresholds(v_sums.reached);
    END IF;
    IF v_count > jsonb_array_length(v_events) THEN
        v_events := v_events || jsonb_build_object('type', 'cost', 'data', jsonb_build_object(
            'cost_usd', trim_scale(v_totals.cost_usd)::text,
            'held_usd', trim_scale(v_totals.held_usd)::text,
            'budget_remaining_usd', trim_scale(v_sums.tightest)::text
        ));
    END IF;
    RETURN jsonb_build_object(
        'outcome', v_outcome,
        'overrun_usd', trim_scale(v_paid.overrun)::text,
        'events', runs_6.insert_events(p_run, v_totals.last_seq, v_events)
    );
END $$;

-- An answer was read on whose money a worker that had lost the run has settled: only the journal lacks
-- it. Returns the events, none where the step has its answer.
-- Called from: settle_call, which holds the run row.
-- Locks: the step.
CREATE FUNCTION runs_6.keep_answer(
    p_run uuid, p_key text, p_attempt int, p_response jsonb, p_duration_ms bigint, p_event jsonb
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_cost numeric;
    v_last int;
BEGIN
    UPDATE runs_step SET
        status = 'done', response = p_response, error = NULL, finished_at = now(),
        duration_ms = p_duration_ms
    WHERE run_id = p_run AND key = p_key AND attempt = p_attempt
        AND status IN ('started', 'in_doubt') AND answer_after IS NOT NULL
    RETURNING cost_usd INTO v_cost;
    IF NOT FOUND THEN
        RETURN '[]'::jsonb;
    END IF;
    UPDATE runs_run SET llm_calls = llm_calls + 1, last_seq = last_seq + 1
    WHERE id = p_run RETURNING last_seq INTO v_last;
    RETURN runs_6.insert_events(p_run, v_last, jsonb_build_array(jsonb_set(
        p_event, '{data,cost_usd}', to_jsonb(trim_scale(v_cost)::text)
    )));
END $$;

-- A tool call is asked for, begins or ends: its journal row and its events.
-- Called from: Python.
-- Locks: the run row, the step.
-- Outcomes: written; fenced.
-- Idempotent by: (run, key, attempt, status), so that a lost COMMIT reply is met by asking again.
CREATE FUNCTION runs_6.record_tool(p_run uuid, p_epoch int, p_step jsonb, p_events jsonb)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_run record := runs_6.lock(p_run, p_epoch);
    v_status text := p_step ->> 'status';
BEGIN
    IF NOT v_run.owned THEN
        RETURN jsonb_build_object('outcome', 'fenced');
    END IF;
    PERFORM 1 FROM runs_step
    WHERE run_id = p_run AND key = p_step ->> 'key'
        AND attempt = (p_step ->> 'attempt')::int AND status = v_status;
    IF FOUND THEN
        RETURN jsonb_build_object('outcome', 'written', 'events', '[]'::jsonb);
    END IF;
    INSERT INTO runs_step AS s (run_id, key, attempt, kind, label, status, digest, request)
    VALUES (
        p_run, p_step ->> 'key', (p_step ->> 'attempt')::int, 'tool', p_step ->> 'label', v_status,
        p_step ->> 'digest', p_step -> 'request'
    )
    ON CONFLICT ON CONSTRAINT step_unique DO UPDATE SET
        status = excluded.status,
        response = NULLIF(p_step -> 'response', 'null'::jsonb),
        error = NULLIF(p_step -> 'error', 'null'::jsonb),
        -- What had to be approved begins only now.
        started_at = CASE v_status WHEN 'started' THEN now() ELSE s.started_at END,
        finished_at = CASE v_status WHEN 'started' THEN NULL ELSE now() END,
        duration_ms = (p_step ->> 'duration_ms')::bigint;
    IF v_status IN ('done', 'failed') THEN
        UPDATE runs_run SET tool_calls = tool_calls + 1 WHERE id = p_run;
    END IF;
    RETURN jsonb_build_object('outcome', 'written', 'events', runs_6.append_events(p_run, p_events));
END $$;

-- Staff say what a call in doubt cost: its line is reversed, and `p_usage` is charged as an estimate.
-- `p_note` is kept with the step's error.
-- Called from: Python.
-- Locks: as settle_call; the run row first.
-- Outcomes: resolved; not_in_doubt (resolved before, replaced by known usage, or never in doubt).
CREATE FUNCTION runs_6.resolve(p_line bigint, p_usage jsonb, p_note text) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_line record;
    v_answer jsonb;
BEGIN
    SELECT run_id, hold_id, step_key, attempt INTO v_line FROM billing_ledgerentry
    WHERE id = p_line AND confidence = 'in_doubt' AND reverses_id IS NULL;
    PERFORM 1 FROM runs_run WHERE id = v_line.run_id FOR UPDATE;
    PERFORM 1 FROM billing_ledgerentry WHERE reverses_id = p_line;
    IF FOUND OR v_line.hold_id IS NULL THEN
        RETURN jsonb_build_object('outcome', 'not_in_doubt');
    END IF;
    -- No epoch has this number: the money is written, and neither the step's state nor the run's.
    v_answer := runs_6.settle_call(
        v_line.run_id, -1, v_line.hold_id, 'in_doubt', NULL, NULL, p_usage, 'estimated', NULL, NULL
    );
    PERFORM billing_6.keep_in_doubt(v_line.hold_id);
    UPDATE runs_step SET error = coalesce(error, '{}') || jsonb_build_object('note', p_note)
    WHERE run_id = v_line.run_id AND key = v_line.step_key AND attempt = v_line.attempt;
    RETURN v_answer || jsonb_build_object('outcome', 'resolved');
END $$;

-- A worker is gone: each of its pending calls is charged its whole hold, in doubt, and money held for
-- calls that were never sent goes back, but for the closing money. With `p_goes_on`, calls whose answers
-- the next worker can read on keep their money dispatched. Returns the number of calls in doubt.
-- Called from: requeue, end_early.
-- Locks: the budgets lock (shared), windows by id, holds, steps, daily sums. The caller holds the run
--   row.
CREATE FUNCTION runs_6.mark_in_doubt(p_run uuid, p_goes_on boolean) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    v_epoch int;
    v_hold record;
    v_in_doubt int := 0;
BEGIN
    SELECT epoch INTO v_epoch FROM runs_run WHERE id = p_run;
    PERFORM billing_6.lock_windows(p_run);
    FOR v_hold IN
        SELECT id, max_input_tokens, max_output_tokens, input_price, output_price
        FROM billing_hold h WHERE run_id = p_run AND state = 'dispatched' AND NOT (
            p_goes_on AND EXISTS (
                SELECT 1 FROM runs_step s
                WHERE s.run_id = p_run AND s.key = h.step_key AND s.attempt = h.attempt
                    AND s.answer_after IS NOT NULL
            )
        )
        -- In the order of the daily sums, which the sweeps of two runs then lock in one order.
        ORDER BY (held_at AT TIME ZONE 'UTC')::date, model, id
    LOOP
        PERFORM runs_6.settle_call(
            p_run, v_epoch, v_hold.id, 'in_doubt', NULL, '{"code": "in_doubt"}',
            jsonb_build_object(
                'fresh_input_tokens', v_hold.max_input_tokens, 'cached_input_tokens', 0,
                'cache_write_tokens', 0, 'output_tokens', v_hold.max_output_tokens,
                'reasoning_tokens', 0, 'input_price', v_hold.input_price,
                'cached_input_price', v_hold.input_price, 'cache_write_price', v_hold.input_price,
                'output_price', v_hold.output_price
            ),
            'in_doubt', NULL, NULL
        );
        v_in_doubt := v_in_doubt + 1;
    END LOOP;
    UPDATE runs_run SET held_usd = held_usd - billing_6.release(p_run, false) WHERE id = p_run;
    RETURN v_in_doubt;
END $$;

-- Take the tokens of a replaced ledger line out of the run's totals.
-- Called from: settle_call, which holds the run row.
CREATE FUNCTION runs_6.subtract_tokens(p_run uuid, p_line jsonb) RETURNS void LANGUAGE sql AS $$
    UPDATE runs_run SET
        input_tokens = input_tokens - (p_line ->> 'fresh_input_tokens')::bigint
            - (p_line ->> 'cached_input_tokens')::bigint
            - (p_line ->> 'cache_write_tokens')::bigint,
        cached_input_tokens = cached_input_tokens - (p_line ->> 'cached_input_tokens')::bigint,
        output_tokens = output_tokens - (p_line ->> 'output_tokens')::bigint,
        reasoning_tokens = reasoning_tokens - (p_line ->> 'reasoning_tokens')::bigint
    WHERE id = p_run
$$;

-- Write events that change nothing else, but for what a replayed step saved. A step counts as saved
-- once, however often it is read back, so that a run's savings are the sum of its steps'.
-- Called from: Python.
-- Locks: the run row, the step.
-- Outcomes: written, fenced.
CREATE FUNCTION runs_6.emit(p_run uuid, p_epoch int, p_events jsonb, p_replayed bigint) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_run record := runs_6.lock(p_run, p_epoch);
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
    RETURN jsonb_build_object('outcome', 'written', 'events', runs_6.append_events(p_run, p_events));
END $$;

-- Say that a resumed run has read back its finished steps: at which step it goes on, and what the
-- steps that were read back would have cost again.
-- Called from: Python.
-- Locks: the run row.
-- Outcomes: written, fenced.
-- Idempotent by: the epoch.
CREATE FUNCTION runs_6.tell_recovered(p_run uuid, p_epoch int) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_run record := runs_6.lock(p_run, p_epoch);
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
    RETURN jsonb_build_object('outcome', 'written', 'events', runs_6.append_notice(
        p_run, 'recovered', jsonb_build_object(
            'step', v_step, 'saved_usd', trim_scale(v_saved)::text, 'epoch', p_epoch
        )
    ));
END $$;

-- Append one notice: its code and its figures. Python has the sentence for each code.
-- Called from: tell_recovered, requeue. The caller holds the run row.
CREATE FUNCTION runs_6.append_notice(p_run uuid, p_code text, p_figures jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
BEGIN
    RETURN runs_6.append_events(p_run, jsonb_build_array(jsonb_build_object(
        'type', 'notice', 'data', jsonb_build_object('code', p_code) || p_figures
    )));
END $$;

-- Append events to a run's stream, and return them with their numbers. The last of them is what webhooks
-- may be told: that the run has ended, or waits for a person.
-- Called from: emit, append_notice, record_tool, claim, finish, end_early. The caller holds the run row,
-- which makes the numbers gapless.
CREATE FUNCTION runs_6.append_events(p_run uuid, p_events jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_last int;
BEGIN
    IF jsonb_array_length(p_events) = 0 THEN
        RETURN '[]'::jsonb;
    END IF;
    UPDATE runs_run SET last_seq = last_seq + jsonb_array_length(p_events)
    WHERE id = p_run RETURNING last_seq INTO v_last;
    IF p_events -> -1 ->> 'type' IN ('run.finished', 'run.awaiting') THEN
        PERFORM runs_6.tell_of_run(p_run, p_events -> -1 -> 'data');
    END IF;
    RETURN runs_6.insert_events(p_run, v_last, p_events);
END $$;

-- Write events whose numbers the run's `last_seq` counts already; the last one's is `p_last`. For
-- functions that update the run row anyway. Returns the events as viewers receive them.
-- Called from: append_events, hold_call, settle_call. The caller holds the run row.
CREATE FUNCTION runs_6.insert_events(p_run uuid, p_last int, p_events jsonb) RETURNS jsonb
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
CREATE FUNCTION runs_6.finished_event(p_run uuid) RETURNS jsonb LANGUAGE sql AS $$
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

-- Before a claimed run buys anything: hold the money for its closing call, while `p_first_call` stays
-- available for its first one. A run that was resumed goes on without it when there is none left.
-- Called from: Python.
-- Locks: the run row, the budgets lock (shared), windows by id, holds.
-- Outcomes: begun; fenced; queued (others hold the money: it waits in the queue); paused (it asks for
--   more); ended (it can't be paid for, and has failed); uncapped (see billing_6.hold).
-- Idempotent by: the epoch.
CREATE FUNCTION runs_6.begin(p_run uuid, p_epoch int, p_bound jsonb, p_first_call numeric)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_run record := runs_6.lock(p_run, p_epoch);
    v_payer billing_6.payer := (v_run.owner_id, v_run.api_token_id, v_run.simulated);
    v_cap_unspent numeric := v_run.max_cost_usd - v_run.cost_usd;
    v_max_cost numeric;
    v_budgets record;
    v_hold record;
BEGIN
    IF NOT v_run.owned THEN
        RETURN jsonb_build_object('outcome', 'fenced');
    END IF;
    PERFORM 1 FROM billing_hold WHERE run_id = p_run AND kind = 'closing' AND state = 'held';
    IF FOUND OR v_run.status = 'cancelling' THEN
        RETURN jsonb_build_object('outcome', 'begun');
    END IF;
    v_max_cost := billing_6.max_cost(p_bound, (p_bound ->> 'max_output_tokens')::bigint);
    IF v_run.llm_calls = 0
        AND runs_6.older_run_waits(p_run, v_payer, v_max_cost + p_first_call) THEN
        RETURN jsonb_build_object('outcome', 'queued', 'events', runs_6.requeue(
            p_run, 'waiting_for_money', billing_6.min_cost(p_bound) + p_first_call
        ));
    END IF;
    -- The tickets of started runs come first: `available` leaves out what they wait for.
    SELECT min(available) AS available, min(unspent) AS unspent INTO v_budgets
    FROM billing_6.available_budgets(v_payer);
    v_hold := billing_6.hold(
        v_payer, p_run, 'closing', p_epoch, 'closing', 'held', v_run.pattern,
        coalesce(p_bound ->> 'provider', v_run.provider), p_bound,
        least(v_cap_unspent - v_run.held_usd, v_budgets.available), v_cap_unspent,
        p_first_call
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
    -- Before its first call, a run waits for what other runs hold for their closing calls too.
    IF v_hold.outcome = 'waiting' OR (
        v_hold.refusal IS NOT NULL AND v_budgets.unspent >= v_hold.amount + p_first_call
    ) THEN
        RETURN jsonb_build_object('outcome', 'queued', 'events', runs_6.requeue(
            p_run, 'waiting_for_money', v_hold.amount + p_first_call
        ));
    END IF;
    IF runs_6.asks(p_run) THEN
        RETURN jsonb_build_object('outcome', 'paused', 'events', runs_6.await_funds(
            p_run, v_max_cost + p_first_call
        ));
    END IF;
    RETURN jsonb_build_object('outcome', 'ended', 'events', runs_6.end_early(
        p_run, 'failed', 'budget', '{"code": "budget_exceeded"}' || coalesce(
            v_hold.refusal,
            runs_6.cap_refusal(
                v_run.max_cost_usd, v_run.cost_usd, v_run.held_usd, v_hold.amount + p_first_call
            )
        )
    ));
END $$;

-- End a run with its result. A run whose cancellation was asked for ends as cancelled whatever it had
-- reached.
-- Called from: Python.
-- Locks: the run row, the budgets lock (shared), windows by id, holds.
-- Outcomes: finished; fenced; dispatched (refused: a run never ends before its cost is known).
CREATE FUNCTION runs_6.finish(p_run uuid, p_epoch int, p_status text, p_result jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_run record := runs_6.lock(p_run, p_epoch);
    v_status text := CASE WHEN v_run.status = 'cancelling' THEN 'cancelled' ELSE p_status END;
    -- What it had when it last began to wait is better than nothing.
    v_keeps boolean := v_status <> 'succeeded' AND p_result ->> 'answer' IS NULL;
BEGIN
    IF NOT v_run.owned THEN
        RETURN jsonb_build_object('outcome', 'fenced');
    END IF;
    IF runs_6.has_dispatched(p_run) THEN
        RETURN jsonb_build_object('outcome', 'dispatched');
    END IF;
    PERFORM billing_6.release(p_run, true);
    UPDATE runs_run SET
        status = v_status,
        answer = coalesce(p_result ->> 'answer', CASE WHEN v_keeps THEN partial END),
        answer_kind = CASE
            WHEN v_keeps AND partial IS NOT NULL THEN 'partial' ELSE p_result ->> 'answer_kind'
        END,
        stop_reason = CASE
            WHEN v_status = 'cancelled' THEN 'cancelled' ELSE p_result ->> 'stop_reason'
        END,
        error = NULLIF(p_result -> 'error', 'null'::jsonb),
        sources = p_result -> 'sources',
        -- Those of its charges are there already.
        warnings = warnings || (p_result -> 'warnings'),
        held_usd = 0,
        finished_at = now()
    WHERE id = p_run;
    RETURN jsonb_build_object(
        'outcome', 'finished',
        'events', runs_6.append_events(p_run, jsonb_build_array(runs_6.finished_event(p_run)))
    );
END $$;

-- A worker that shuts down gives a run back to the queue.
-- Called from: Python.
-- Locks: the run row, the budgets lock (shared), windows by id, holds.
-- Outcomes: queued; fenced; cancelling (it has to be finished instead); dispatched (refused).
CREATE FUNCTION runs_6.hand_back(p_run uuid, p_epoch int) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_run record := runs_6.lock(p_run, p_epoch);
BEGIN
    IF NOT v_run.owned THEN
        RETURN jsonb_build_object('outcome', 'fenced');
    END IF;
    IF runs_6.has_dispatched(p_run) THEN
        RETURN jsonb_build_object('outcome', 'dispatched');
    END IF;
    IF v_run.status = 'cancelling' THEN
        RETURN jsonb_build_object('outcome', 'cancelling');
    END IF;
    RETURN jsonb_build_object(
        'outcome', 'queued', 'events', runs_6.requeue(p_run, 'handed_back', NULL)
    );
END $$;

-- A worker gives up a run that it can't bring to an end itself: another one may. A suspect had its
-- chances, and fails.
-- Called from: Python.
-- Locks: the run row, the budgets lock (shared), windows by id, holds, steps, daily sums.
-- Outcomes: abandoned; ended; fenced.
CREATE FUNCTION runs_6.abandon(p_run uuid, p_epoch int) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_run record := runs_6.lock(p_run, p_epoch);
BEGIN
    IF NOT v_run.owned THEN
        RETURN jsonb_build_object('outcome', 'fenced');
    END IF;
    IF runs_6.is_suspect(v_run.attempt) THEN
        RETURN jsonb_build_object('outcome', 'ended', 'events', runs_6.end_early(
            p_run, 'failed', 'failed', jsonb_build_object('code', 'internal', 'reference', p_run)
        ));
    END IF;
    RETURN jsonb_build_object(
        'outcome', 'abandoned', 'events', runs_6.requeue(p_run, 'worker_lost', NULL)
    );
END $$;

-- A suspect's own process died while its worker lived: nothing but the run itself did that. It fails.
-- Called from: Python.
-- Locks: the run row, the budgets lock (shared), windows by id, holds, steps, daily sums.
-- Outcomes: ended; fenced.
CREATE FUNCTION runs_6.poison(p_run uuid, p_epoch int) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_run record := runs_6.lock(p_run, p_epoch);
BEGIN
    IF NOT v_run.owned THEN
        RETURN jsonb_build_object('outcome', 'fenced');
    END IF;
    RETURN jsonb_build_object(
        'outcome', 'ended',
        'events', runs_6.end_early(p_run, 'failed', 'failed', '{"code": "poisoned"}')
    );
END $$;

-- End a run before it has a result: pending calls become lines in doubt. A run whose cancellation was
-- asked for ends as cancelled. Its answer is what it had when it last began to wait. Returns the events.
-- Called from: Python (a run that waits is cancelled), sweep, begin, abandon, poison, requeue.
-- Locks: the budgets lock (shared), windows by id, holds, steps, daily sums. The caller holds the run
--   row and has checked its state.
CREATE FUNCTION runs_6.end_early(p_run uuid, p_status text, p_reason text, p_error jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_cancelled boolean;
BEGIN
    SELECT p_status = 'cancelled' OR status = 'cancelling' INTO v_cancelled
    FROM runs_run WHERE id = p_run;
    PERFORM runs_6.mark_in_doubt(p_run, false);
    PERFORM billing_6.release(p_run, true);
    UPDATE runs_run SET
        status = CASE WHEN v_cancelled THEN 'cancelled' ELSE p_status END,
        stop_reason = CASE WHEN v_cancelled THEN 'cancelled' ELSE p_reason END,
        error = CASE WHEN v_cancelled THEN NULL ELSE p_error END,
        answer = partial,
        answer_kind = CASE WHEN partial IS NULL THEN answer_kind ELSE 'partial' END,
        awaiting = NULL, awaiting_since = NULL,
        epoch = epoch + 1, worker_id = NULL, held_usd = 0, finished_at = now()
    WHERE id = p_run;
    RETURN runs_6.append_events(p_run, jsonb_build_array(runs_6.finished_event(p_run)));
END $$;

-- Put a run back into the queue, under a new epoch. The reason is the code of the notice:
--   handed_back: its worker shuts down
--   waiting_for_money: it begins only once `p_needs` is available
--   worker_lost: its worker died or gave it up. Pending calls become lines in doubt, but for those
--     whose answers the next worker can read on, and an attempt is
--     used up: from the third one on the run executes alone, and only poison blames it. However often
--     its workers die, it ends at its deadline. Ends it where its cancellation was asked for.
-- Returns the events.
-- Called from: hand_back, begin, sweep, abandon, await_funds.
-- Locks: the budgets lock (shared), windows by id, holds, steps, daily sums. The caller holds the run
--   row and has checked its state.
CREATE FUNCTION runs_6.requeue(p_run uuid, p_reason text, p_needs numeric) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_run record;
    v_in_doubt int;
    v_attempt int;
    v_figures jsonb := '{}';
BEGIN
    SELECT r.status, r.attempt, w.name AS worker INTO v_run
    FROM runs_run r LEFT JOIN runs_worker w ON w.id = r.worker_id WHERE r.id = p_run;
    IF p_reason = 'worker_lost' AND v_run.status = 'cancelling' THEN
        RETURN runs_6.end_early(p_run, 'cancelled', 'cancelled', NULL);
    END IF;
    v_attempt := v_run.attempt;
    IF p_reason = 'worker_lost' THEN
        v_in_doubt := runs_6.mark_in_doubt(p_run, true);
        -- The column ends there.
        v_attempt := least(v_run.attempt + 1, 32767);
        v_figures := jsonb_build_object(
            'worker', v_run.worker, 'in_doubt_calls', v_in_doubt,
            'alone', runs_6.is_suspect(v_attempt)
        );
    ELSIF p_reason = 'waiting_for_money' THEN
        v_figures := jsonb_build_object('needs_usd', trim_scale(p_needs)::text);
    END IF;
    UPDATE runs_run SET
        status = 'queued', epoch = epoch + 1, worker_id = NULL, attempt = v_attempt,
        needs_usd = p_needs, held_usd = held_usd - billing_6.release(p_run, false)
    WHERE id = p_run;
    RETURN runs_6.append_notice(p_run, p_reason, v_figures);
END $$;

-- Whether a run asks for more money where it would have to conclude or fail without.
-- Called from: begin, sweep.
CREATE FUNCTION runs_6.asks(p_run uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT when_out_of_money = 'ask' FROM runs_run WHERE id = p_run
$$;

-- Why a run's own cap refused money, as a refusal. A cap has no period and never resets.
-- Called from: begin, hold_call, await_funds.
CREATE FUNCTION runs_6.cap_refusal(
    p_cap numeric, p_settled numeric, p_held numeric, p_requested numeric
) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT billing_6.refusal_figures('run', NULL, NULL, p_cap, p_settled, p_held, p_requested, NULL)
$$;

-- Whether money of a run is dispatched: a call was sent whose cost is not known yet.
-- Called from: finish, hand_back, pause.
CREATE FUNCTION runs_6.has_dispatched(p_run uuid) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN EXISTS (SELECT 1 FROM billing_hold WHERE run_id = p_run AND state = 'dispatched');
END $$;

-- Whether a run executes alone, in a child process: two workers died while they executed it.
-- Called from: claim, executing, next_queued, abandon, requeue.
CREATE FUNCTION runs_6.is_suspect(p_attempt int) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT p_attempt > 2
$$;

-- Lock a run, and say whether `p_epoch` still owns it: the fence of every entry by which a worker
-- writes. A run that was claimed again has a higher epoch; one that was ended or queued executes
-- nowhere.
-- Called from: begin, hold_call, settle_call, record_tool, emit, tell_recovered, finish, hand_back,
--   pause, abandon, poison.
-- Locks: the run row.
CREATE FUNCTION runs_6.lock(
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

-- Give queued runs to a worker whose lease is good, fairly among users. Each claim is a new epoch. A
-- worker has at most four suspects at a time, since each of them costs a process.
-- Called from: Python.
-- Locks: the claim lock, the worker row, run rows.
-- Outcomes: one row a run; none when nothing is queued or the lease is over.
CREATE FUNCTION runs_6.claim(p_worker uuid, p_limit int, p_user_cap int)
RETURNS TABLE (run_id uuid, run_epoch int, run_suspect boolean, run_events jsonb)
LANGUAGE plpgsql AS $$
DECLARE
    v_name text;
    v_attempt int;
    v_suspects int;
BEGIN
    PERFORM pg_advisory_xact_lock(billing_6.lock_number('claim'));
    SELECT name INTO v_name FROM runs_worker
    WHERE id = p_worker AND ended_at IS NULL AND expires_at > now() FOR SHARE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT count(*) INTO v_suspects FROM runs_6.executing(p_worker) e WHERE e.run_suspect;
    PERFORM runs_6.admit_waiting(p_limit);
    FOR i IN 1..p_limit LOOP
        run_id := runs_6.next_queued(p_user_cap, v_suspects < 4);
        EXIT WHEN run_id IS NULL;
        UPDATE runs_run SET
            status = 'running', epoch = epoch + 1, worker_id = p_worker,
            started_at = coalesce(started_at, now())
        WHERE id = run_id AND status = 'queued' RETURNING epoch, attempt INTO run_epoch, v_attempt;
        -- Cancelled or swept since it was chosen.
        CONTINUE WHEN NOT FOUND;
        run_suspect := runs_6.is_suspect(v_attempt);
        v_suspects := v_suspects + run_suspect::int;
        run_events := runs_6.append_events(run_id, jsonb_build_array(jsonb_build_object(
            'type', 'run.started',
            'data', jsonb_build_object('worker', v_name, 'attempt', v_attempt)
        )));
        RETURN NEXT;
    END LOOP;
END $$;

-- The runs that a worker executes.
-- Called from: Python, with each heartbeat; claim.
CREATE FUNCTION runs_6.executing(p_worker uuid)
RETURNS TABLE (run_id uuid, run_epoch int, run_status text, run_suspect boolean)
LANGUAGE sql STABLE AS $$
    SELECT r.id, r.epoch, r.status, runs_6.is_suspect(r.attempt) FROM runs_run r
    WHERE r.worker_id = p_worker AND r.status IN ('running', 'cancelling')
$$;

-- Take one run from a worker whose lease is over; or deal with one that waits: past its deadline it
-- concludes, or fails where it has bought nothing; where no other run's end can bring its money back, it
-- asks for more, or fails; where the budgets have room again, it goes on. Called until it returns
-- nothing: one run a transaction, since the budget windows of several runs would be locked in no order.
-- Called from: Python.
-- Locks: the sweep lock, worker rows, then the run row, windows, holds, steps, daily sums.
-- Outcomes: one row, or none: nothing is left to do, or another worker sweeps.
CREATE FUNCTION runs_6.sweep() RETURNS TABLE (run_id uuid, run_events jsonb) LANGUAGE plpgsql AS $$
DECLARE
    v_payer billing_6.payer;
    v_needs numeric;
    v_concludes boolean;
BEGIN
    IF NOT pg_try_advisory_xact_lock(billing_6.lock_number('sweep')) THEN
        RETURN;
    END IF;
    UPDATE runs_worker SET ended_at = now() WHERE id IN (
        SELECT id FROM runs_worker
        WHERE ended_at IS NULL AND expires_at < now() FOR NO KEY UPDATE SKIP LOCKED
    );

    SELECT r.id INTO run_id FROM runs_run r JOIN runs_worker w ON w.id = r.worker_id
    WHERE r.status IN ('running', 'cancelling') AND w.ended_at IS NOT NULL
    LIMIT 1 FOR UPDATE OF r SKIP LOCKED;
    IF FOUND THEN
        run_events := runs_6.requeue(run_id, 'worker_lost', NULL);
        RETURN NEXT;
        RETURN;
    END IF;

    -- Each half is a small partial index's.
    SELECT r.id, r.llm_calls > 0 AND r.concludes_by IS NULL INTO run_id, v_concludes
    FROM runs_run r
    WHERE (r.status = 'queued' AND coalesce(r.concludes_by, r.deadline_at) <= now())
        OR (r.status IN ('awaiting_approval', 'awaiting_funds') AND r.deadline_at <= now())
    LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF FOUND THEN
        IF v_concludes THEN
            run_events := runs_6.conclude(run_id);
        ELSE
            run_events := runs_6.end_early(run_id, 'failed', 'deadline', '{"code": "deadline"}');
        END IF;
        RETURN NEXT;
        RETURN;
    END IF;

    -- Once for all runs of a payer: what is not settled of the tightest budget.
    SELECT r.id, r.needs_usd INTO run_id, v_needs
    FROM (
        SELECT DISTINCT owner_id, api_token_id, simulated FROM runs_run
        WHERE status = 'queued' AND needs_usd IS NOT NULL
    ) payer
    CROSS JOIN LATERAL (
        SELECT min(a.unspent) AS unspent FROM billing_6.available_budgets(
            (payer.owner_id, payer.api_token_id, payer.simulated)
        ) a
    ) tightest
    JOIN runs_run r ON r.owner_id = payer.owner_id AND r.simulated = payer.simulated
        AND r.api_token_id IS NOT DISTINCT FROM payer.api_token_id
    WHERE r.status = 'queued' AND r.needs_usd > tightest.unspent
    LIMIT 1 FOR UPDATE OF r SKIP LOCKED;
    IF FOUND THEN
        SELECT owner_id, api_token_id, simulated INTO v_payer FROM runs_run WHERE id = run_id;
        IF runs_6.asks(run_id) THEN
            run_events := runs_6.await_funds(run_id, v_needs);
        ELSE
            run_events := runs_6.end_early(
                run_id, 'failed', 'budget',
                billing_6.refusal(v_payer, v_needs) - 'budget' || '{"code": "budget_exceeded"}'
            );
        END IF;
        RETURN NEXT;
        RETURN;
    END IF;

    SELECT r.id INTO run_id
    FROM (
        SELECT DISTINCT owner_id, api_token_id, simulated FROM runs_run
        WHERE status = 'awaiting_funds'
    ) payer
    CROSS JOIN LATERAL (
        SELECT min(a.unspent) AS unspent FROM billing_6.available_budgets(
            (payer.owner_id, payer.api_token_id, payer.simulated)
        ) a
    ) tightest
    JOIN runs_run r ON r.owner_id = payer.owner_id AND r.simulated = payer.simulated
        AND r.api_token_id IS NOT DISTINCT FROM payer.api_token_id
    WHERE r.status = 'awaiting_funds'
        AND (tightest.unspent IS NULL OR r.needs_usd <= tightest.unspent)
        AND (r.max_cost_usd IS NULL OR r.needs_usd <= r.max_cost_usd - r.cost_usd)
    LIMIT 1 FOR UPDATE OF r SKIP LOCKED;
    IF FOUND THEN
        run_events := runs_6.resume(run_id, 'room_again', '{}');
        RETURN NEXT;
    END IF;
END $$;

-- Let runs that wait for money back into the queue, the oldest first, while there is enough for them
-- and for all that were let in before. A budget that has too little for a run is closed to the later
-- ones; the site's budget only where it alone is short and the run needs no more of it than one run
-- may keep from others. A run that finds too little after all waits again.
-- Called from: claim, which holds the claim lock.
CREATE FUNCTION runs_6.admit_waiting(p_limit int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_run record;
    v_budget record;
    v_payer text;
    v_names text[];
    v_short text[];
    v_fits boolean;
    -- By kind of dollars and budget: what the runs that were let in need; infinite once closed.
    v_taken jsonb := '{}';
    -- Payers that were told to wait: their later runs are passed over without another look.
    v_closed text[] := '{}';
    v_admitted int := 0;
BEGIN
    FOR v_run IN
        SELECT id, owner_id, api_token_id, simulated, needs_usd FROM runs_run
        WHERE status = 'queued' AND needs_usd IS NOT NULL AND deadline_at > now() ORDER BY id
    LOOP
        v_payer := concat_ws(' ', v_run.simulated, v_run.owner_id, v_run.api_token_id);
        CONTINUE WHEN v_payer = ANY (v_closed);
        v_names := '{}';
        v_short := '{}';
        v_fits := true;
        FOR v_budget IN
            SELECT concat_ws(' ', v_run.simulated, budget) AS name, site, available, max_reserved
            FROM billing_6.available_budgets((v_run.owner_id, v_run.api_token_id, v_run.simulated))
            ORDER BY site
        LOOP
            v_names := v_names || v_budget.name;
            CONTINUE WHEN v_run.needs_usd
                <= v_budget.available - coalesce((v_taken ->> v_budget.name)::numeric, 0);
            v_fits := false;
            -- The site's budget comes last: is it the only one that is short?
            IF NOT v_budget.site OR (
                v_short = '{}' AND v_run.needs_usd <= v_budget.max_reserved
            ) THEN
                v_short := v_short || v_budget.name;
            END IF;
        END LOOP;
        IF v_fits THEN
            UPDATE runs_run SET needs_usd = NULL WHERE id = v_run.id AND status = 'queued';
            v_admitted := v_admitted + 1;
        ELSIF v_short <> '{}' THEN
            v_closed := v_closed || v_payer;
        END IF;
        SELECT v_taken || coalesce(jsonb_object_agg(name, CASE
            WHEN v_fits THEN coalesce((v_taken ->> name)::numeric, 0) + v_run.needs_usd
            ELSE 'Infinity'
        END), '{}') INTO v_taken
        FROM unnest(CASE WHEN v_fits THEN v_names ELSE v_short END) AS name;
        EXIT WHEN v_admitted = p_limit;
    END LOOP;
END $$;

-- The queued run whose turn it is: the oldest of the user who has the fewest runs executing, of the
-- users below the cap. Runs that wait for money are passed over, and suspects unless `p_suspects`.
-- Null when there is none. The places in the queue that users see follow the same order.
-- Called from: claim.
CREATE FUNCTION runs_6.next_queued(p_user_cap int, p_suspects boolean) RETURNS uuid
LANGUAGE sql VOLATILE AS $$
    -- The users with queued runs, one look into an index each.
    WITH RECURSIVE owners AS (
        (
            SELECT owner_id FROM runs_run
            WHERE status = 'queued' AND needs_usd IS NULL ORDER BY owner_id LIMIT 1
        )
        UNION ALL
        SELECT (
            SELECT r.owner_id FROM runs_run r
            WHERE r.status = 'queued' AND r.needs_usd IS NULL AND r.owner_id > o.owner_id
            ORDER BY r.owner_id LIMIT 1
        )
        FROM owners o WHERE o.owner_id IS NOT NULL
    )
    SELECT first.id FROM owners o
    CROSS JOIN LATERAL (
        SELECT count(*) AS executing FROM runs_run r
        WHERE r.owner_id = o.owner_id AND r.status IN ('running', 'cancelling')
    ) load
    CROSS JOIN LATERAL (
        SELECT r.id FROM runs_run r
        WHERE r.owner_id = o.owner_id AND r.status = 'queued' AND r.needs_usd IS NULL
            AND coalesce(r.concludes_by, r.deadline_at) > now()
            AND (p_suspects OR NOT runs_6.is_suspect(r.attempt))
        ORDER BY r.id LIMIT 1
    ) first
    WHERE o.owner_id IS NOT NULL AND load.executing < p_user_cap
    ORDER BY load.executing, first.id LIMIT 1
$$;

-- True when a run that was submitted earlier waits in the queue for money of a budget that this
-- payer shares, and a hold of this amount would leave it too little. An earlier run is no reason to
-- wait when a budget that isn't shared stops it too, or when it needs more of the site's money than
-- one run may keep from others.
-- Called from: begin.
CREATE FUNCTION runs_6.older_run_waits(p_run uuid, p_payer billing_6.payer, p_amount numeric)
RETURNS boolean LANGUAGE sql STABLE AS $$
    WITH older AS (
        SELECT owner_id, api_token_id, max(needs_usd) AS needs FROM runs_run
        WHERE status = 'queued' AND needs_usd IS NOT NULL AND simulated = (p_payer).simulated
            AND id < p_run AND deadline_at > now()
        GROUP BY owner_id, api_token_id
    ), mine AS MATERIALIZED (
        SELECT array_agg(budget) AS budgets FROM billing_6.available_budgets(p_payer)
    )
    SELECT EXISTS (
        SELECT 1 FROM older o CROSS JOIN mine m
        CROSS JOIN LATERAL (
            SELECT
                bool_or(
                    a.budget = ANY (m.budgets) AND a.available - p_amount < o.needs
                    AND o.needs <= coalesce(a.max_reserved, o.needs)
                ) AS shared,
                bool_or(a.budget <> ALL (m.budgets) AND a.available < o.needs) AS own
            FROM billing_6.available_budgets((o.owner_id, o.api_token_id, (p_payer).simulated)) a
        ) blocked_by
        WHERE blocked_by.shared AND NOT blocked_by.own
    )
$$;

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
CREATE FUNCTION runs_6.submit(
    p_run jsonb, p_needs numeric, p_kept jsonb,
    OUT outcome text, OUT known uuid, OUT refusal jsonb, OUT remaining_usd numeric,
    OUT created_at timestamptz, OUT deadline_at timestamptz
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_owner bigint := (p_run ->> 'owner_id')::bigint;
    v_payer billing_6.payer := (
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
    IF p_kept IS NOT NULL AND runs_6.kept_run(v_owner, p_run ->> 'cache_digest', p_kept) IS NOT NULL THEN
        outcome := 'kept';
        RETURN;
    END IF;
    SELECT min(greatest(a.remaining, 0)), bool_or(a.unspent <= 0 OR a.unspent < p_needs)
    INTO remaining_usd, v_used_up FROM billing_6.available_budgets(v_payer) a;
    IF v_used_up THEN
        outcome := 'budget';
        refusal := billing_6.refusal(v_payer, p_needs);
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
CREATE FUNCTION runs_6.kept_run(p_owner bigint, p_digest text, p_kept jsonb) RETURNS uuid
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

-- Messages for webhooks: rows that are written in the transaction that makes them true. Workers send
-- them (runs/webhooks/). For users without webhooks it is one look into an index.

-- Tell a user's webhooks that a run has ended, or that it waits; `p_event` is that event's data.
-- Called from: append_events. The caller holds the run row.
CREATE FUNCTION runs_6.tell_of_run(p_run uuid, p_event jsonb) RETURNS void LANGUAGE plpgsql AS $$
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
        'created_at', runs_6.rfc3339(v_run.created_at)
    );
    IF v_run.status = 'awaiting_approval' THEN
        v_type := 'approval.requested';
        v_data := v_data || jsonb_build_object(
            'question', p_event -> 'question', 'until', p_event -> 'until',
            'calls', jsonb_array_length(p_event -> 'steps'),
            'steps', runs_6.named_steps(p_event -> 'steps')
        );
    ELSIF v_run.status = 'awaiting_funds' THEN
        v_type := 'funds.requested';
        v_data := v_data || (p_event - 'code');
    ELSE
        v_data := v_data || jsonb_build_object(
            'answer_kind', v_run.answer_kind, 'stop_reason', v_run.stop_reason,
            'error_code', v_run.error -> 'code', 'finished_at', runs_6.rfc3339(v_run.finished_at)
        );
    END IF;
    PERFORM runs_6.queue_messages(ARRAY[v_run.owner_id], v_type, v_data);
END $$;

-- Tell that 80 or 100 percent of a budget's limit are used up, once a window: the user whose budget it
-- is, or whose token's; of a budget of the site, all staff.
-- Called from: settle_call, which has locked the windows.
CREATE FUNCTION runs_6.tell_thresholds(p_windows bigint[]) RETURNS void LANGUAGE plpgsql AS $$
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
        FOREACH v_percent IN ARRAY billing_6.pass_thresholds(v_window) LOOP
            PERFORM runs_6.queue_messages(v_owners, 'budget.threshold', jsonb_build_object(
                'budget_id', v_budget.id, 'threshold_percent', v_percent,
                'scope', v_budget.scope, 'token_id', v_budget.api_token_id,
                'period', v_budget.period, 'timezone', v_budget.timezone, 'hard', v_budget.hard,
                'simulated', v_budget.simulated,
                'limit_usd', trim_scale(v_budget.limit_usd)::text,
                'settled_usd', trim_scale(v_budget.settled_usd)::text,
                'held_usd', trim_scale(v_budget.held_usd)::text,
                'starts_at', runs_6.rfc3339(v_budget.starts_at),
                'resets_at', runs_6.rfc3339(v_budget.ends_at)
            ));
        END LOOP;
    END LOOP;
END $$;

-- Write a message for each webhook of these users that is on and wants its type.
-- Called from: tell_of_run, tell_thresholds.
-- Locks: the webhooks' keys, as their foreign key does; one that is being deleted gets none.
CREATE FUNCTION runs_6.queue_messages(p_owners bigint[], p_type text, p_data jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO runs_webhookdelivery (id, webhook_id, type, data)
    SELECT runs_6.uuid7(), w.id, p_type, p_data
    FROM runs_webhook w JOIN accounts_user u ON u.id = w.owner_id
    WHERE w.owner_id = ANY (p_owners) AND w.enabled AND p_type = ANY (w.events) AND u.is_active
    FOR KEY SHARE OF w;
END $$;

-- Which tool calls wait for a word, without what they are called with; the first 20.
-- Called from: tell_of_run.
CREATE FUNCTION runs_6.named_steps(p_steps jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'key', step -> 'key', 'attempt', step -> 'attempt', 'tool', step -> 'tool',
        'reason', step -> 'reason'
    ) ORDER BY place), '[]')
    FROM jsonb_array_elements(p_steps) WITH ORDINALITY AS s (step, place) WHERE place <= 20
$$;

-- A moment as the API writes it.
-- Called from: tell_of_run, tell_thresholds.
CREATE FUNCTION runs_6.rfc3339(p_at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT to_char(p_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- A random id that begins with the time in milliseconds (RFC 9562, version 7).
-- Called from: queue_messages.
CREATE FUNCTION runs_6.uuid7() RETURNS uuid LANGUAGE sql VOLATILE AS $$
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

SET LOCAL check_function_bodies = on;
"""
DROP = "DROP SCHEMA runs_6 CASCADE"


class Migration(migrations.Migration):
    dependencies = [("runs", "0022_answer_id"), ("billing", "0011_sql_6")]
    operations = [migrations.RunSQL(CREATE, DROP)]
