-- Before a claimed run buys anything: hold the money for its closing call, while `p_first_call` stays
-- available for its first one. A run that was resumed goes on without it when there is none left.
-- Called from: Python.
-- Locks: the run row, the budgets lock (shared), windows by id, holds.
-- Outcomes: begun; fenced; queued (others hold the money: it waits in the queue); paused (it asks for
--   more); ended (it can't be paid for, and has failed); uncapped (see billing.hold).
-- Idempotent by: the epoch.
CREATE FUNCTION runs.begin(p_run uuid, p_epoch int, p_bound jsonb, p_first_call numeric)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_run record := runs.lock(p_run, p_epoch);
    v_payer billing.payer := (v_run.owner_id, v_run.api_token_id, v_run.simulated);
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
    v_max_cost := billing.max_cost(p_bound, (p_bound ->> 'max_output_tokens')::bigint);
    IF v_run.llm_calls = 0
        AND runs.older_run_waits(p_run, v_payer, v_max_cost + p_first_call) THEN
        RETURN jsonb_build_object('outcome', 'queued', 'events', runs.requeue(
            p_run, 'waiting_for_money', billing.min_cost(p_bound) + p_first_call
        ));
    END IF;
    -- The tickets of started runs come first: `available` leaves out what they wait for.
    SELECT min(available) AS available, min(unspent) AS unspent INTO v_budgets
    FROM billing.available_budgets(v_payer);
    v_hold := billing.hold(
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
        RETURN jsonb_build_object('outcome', 'queued', 'events', runs.requeue(
            p_run, 'waiting_for_money', v_hold.amount + p_first_call
        ));
    END IF;
    IF runs.asks(p_run) THEN
        RETURN jsonb_build_object('outcome', 'paused', 'events', runs.await_funds(
            p_run, v_max_cost + p_first_call
        ));
    END IF;
    RETURN jsonb_build_object('outcome', 'ended', 'events', runs.end_early(
        p_run, 'failed', 'budget', '{"code": "budget_exceeded"}' || coalesce(
            v_hold.refusal,
            runs.cap_refusal(
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
CREATE FUNCTION runs.finish(p_run uuid, p_epoch int, p_status text, p_result jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_run record := runs.lock(p_run, p_epoch);
    v_status text := CASE WHEN v_run.status = 'cancelling' THEN 'cancelled' ELSE p_status END;
    -- What it had when it last began to wait is better than nothing.
    v_keeps boolean := v_status <> 'succeeded' AND p_result ->> 'answer' IS NULL;
BEGIN
    IF NOT v_run.owned THEN
        RETURN jsonb_build_object('outcome', 'fenced');
    END IF;
    IF runs.has_dispatched(p_run) THEN
        RETURN jsonb_build_object('outcome', 'dispatched');
    END IF;
    PERFORM billing.release(p_run, true);
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
        'events', runs.append_events(p_run, jsonb_build_array(runs.finished_event(p_run)))
    );
END $$;

-- A worker that shuts down gives a run back to the queue.
-- Called from: Python.
-- Locks: the run row, the budgets lock (shared), windows by id, holds.
-- Outcomes: queued; fenced; cancelling (it has to be finished instead); dispatched (refused).
CREATE FUNCTION runs.hand_back(p_run uuid, p_epoch int) RETURNS jsonb LANGUAGE plpgsql AS $$
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
    RETURN jsonb_build_object(
        'outcome', 'queued', 'events', runs.requeue(p_run, 'handed_back', NULL)
    );
END $$;

-- A worker gives up a run that it can't bring to an end itself: another one may. A suspect had its
-- chances, and fails.
-- Called from: Python.
-- Locks: the run row, the budgets lock (shared), windows by id, holds, steps, daily sums.
-- Outcomes: abandoned; ended; fenced.
CREATE FUNCTION runs.abandon(p_run uuid, p_epoch int) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_run record := runs.lock(p_run, p_epoch);
BEGIN
    IF NOT v_run.owned THEN
        RETURN jsonb_build_object('outcome', 'fenced');
    END IF;
    IF runs.is_suspect(v_run.attempt) THEN
        RETURN jsonb_build_object('outcome', 'ended', 'events', runs.end_early(
            p_run, 'failed', 'failed', jsonb_build_object('code', 'internal', 'reference', p_run)
        ));
    END IF;
    RETURN jsonb_build_object(
        'outcome', 'abandoned', 'events', runs.requeue(p_run, 'worker_lost', NULL)
    );
END $$;

-- A suspect's own process died while its worker lived: nothing but the run itself did that. It fails.
-- Called from: Python.
-- Locks: the run row, the budgets lock (shared), windows by id, holds, steps, daily sums.
-- Outcomes: ended; fenced.
CREATE FUNCTION runs.poison(p_run uuid, p_epoch int) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_run record := runs.lock(p_run, p_epoch);
BEGIN
    IF NOT v_run.owned THEN
        RETURN jsonb_build_object('outcome', 'fenced');
    END IF;
    RETURN jsonb_build_object(
        'outcome', 'ended',
        'events', runs.end_early(p_run, 'failed', 'failed', '{"code": "poisoned"}')
    );
END $$;

-- End a run before it has a result: pending calls become lines in doubt. A run whose cancellation was
-- asked for ends as cancelled. Its answer is what it had when it last began to wait. Returns the events.
-- Called from: Python (a run that waits is cancelled), sweep, begin, abandon, poison, requeue.
-- Locks: the budgets lock (shared), windows by id, holds, steps, daily sums. The caller holds the run
--   row and has checked its state.
CREATE FUNCTION runs.end_early(p_run uuid, p_status text, p_reason text, p_error jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    v_cancelled boolean;
BEGIN
    SELECT p_status = 'cancelled' OR status = 'cancelling' INTO v_cancelled
    FROM runs_run WHERE id = p_run;
    PERFORM runs.mark_in_doubt(p_run, false);
    PERFORM billing.release(p_run, true);
    UPDATE runs_run SET
        status = CASE WHEN v_cancelled THEN 'cancelled' ELSE p_status END,
        stop_reason = CASE WHEN v_cancelled THEN 'cancelled' ELSE p_reason END,
        error = CASE WHEN v_cancelled THEN NULL ELSE p_error END,
        answer = partial,
        answer_kind = CASE WHEN partial IS NULL THEN answer_kind ELSE 'partial' END,
        awaiting = NULL, awaiting_since = NULL,
        epoch = epoch + 1, worker_id = NULL, held_usd = 0, finished_at = now()
    WHERE id = p_run;
    RETURN runs.append_events(p_run, jsonb_build_array(runs.finished_event(p_run)));
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
CREATE FUNCTION runs.requeue(p_run uuid, p_reason text, p_needs numeric) RETURNS jsonb
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
        RETURN runs.end_early(p_run, 'cancelled', 'cancelled', NULL);
    END IF;
    v_attempt := v_run.attempt;
    IF p_reason = 'worker_lost' THEN
        v_in_doubt := runs.mark_in_doubt(p_run, true);
        -- The column ends there.
        v_attempt := least(v_run.attempt + 1, 32767);
        v_figures := jsonb_build_object(
            'worker', v_run.worker, 'in_doubt_calls', v_in_doubt,
            'alone', runs.is_suspect(v_attempt)
        );
    ELSIF p_reason = 'waiting_for_money' THEN
        v_figures := jsonb_build_object('needs_usd', trim_scale(p_needs)::text);
    END IF;
    UPDATE runs_run SET
        status = 'queued', epoch = epoch + 1, worker_id = NULL, attempt = v_attempt,
        needs_usd = p_needs, held_usd = held_usd - billing.release(p_run, false)
    WHERE id = p_run;
    RETURN runs.append_notice(p_run, p_reason, v_figures);
END $$;

-- Whether a run asks for more money where it would have to conclude or fail without.
-- Called from: begin, sweep.
CREATE FUNCTION runs.asks(p_run uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT when_out_of_money = 'ask' FROM runs_run WHERE id = p_run
$$;

-- Why a run's own cap refused money, as a refusal. A cap has no period and never resets.
-- Called from: begin, hold_call, await_funds.
CREATE FUNCTION runs.cap_refusal(
    p_cap numeric, p_settled numeric, p_held numeric, p_requested numeric
) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT billing.refusal_figures('run', NULL, NULL, p_cap, p_settled, p_held, p_requested, NULL)
$$;

-- Whether money of a run is dispatched: a call was sent whose cost is not known yet.
-- Called from: finish, hand_back, pause.
CREATE FUNCTION runs.has_dispatched(p_run uuid) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN EXISTS (SELECT 1 FROM billing_hold WHERE run_id = p_run AND state = 'dispatched');
END $$;

-- Whether a run executes alone, in a child process: two workers died while they executed it.
-- Called from: claim, executing, next_queued, abandon, requeue.
CREATE FUNCTION runs.is_suspect(p_attempt int) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT p_attempt > 2
$$;
