"""Set 6 of the SQL functions, made by `manage.py freeze_sql`."""

from django.db import migrations

CREATE = r"""SET LOCAL check_function_bodies = off;
CREATE SCHEMA billing_6;

-- Who pays for a call: its owner, the API token that submitted its run (null: none), and whether its
-- dollars are simulated.
CREATE TYPE billing_6.payer AS (owner_id bigint, api_token_id uuid, simulated boolean);

-- The hard budgets that count what a payer is charged, with their present periods and windows (null:
-- none was opened yet):
--   available: what is neither settled nor held, nor waited for by the tickets of started runs
--   unspent: what is not settled
--   remaining: what is neither settled nor held; below zero where it is overrun
--   max_reserved: the most that one queued run may keep from others; of the site's money a tenth
-- Opens no window.
-- Called from: refusal; runs_6.submit, runs_6.begin, runs_6.admit_waiting, runs_6.older_run_waits, runs_6.sweep.
CREATE FUNCTION billing_6.available_budgets(p_payer billing_6.payer)
RETURNS TABLE (
    budget uuid, budget_window bigint, starts_at timestamptz, site boolean,
    available numeric, unspent numeric, remaining numeric, max_reserved numeric
)
LANGUAGE sql STABLE AS $$
    WITH periods AS (
        SELECT b.*, billing_6.period_start(b.period, b.timezone, statement_timestamp()) AS starts_at
        FROM billing_6.budgets_of(p_payer) b
    ), present AS MATERIALIZED (
        SELECT
            p.id AS budget, w.id AS budget_window, p.starts_at, p.scope = 'site' AS site,
            coalesce(w.limit_usd, p.limit_usd) AS limit_usd,
            coalesce(w.settled_usd, 0) AS settled_usd, coalesce(w.held_usd, 0) AS held_usd
        FROM periods p
        LEFT JOIN billing_budgetwindow w ON w.budget_id = p.id
            AND w.simulated = (p_payer).simulated AND w.starts_at = p.starts_at
        WHERE coalesce(w.hard, p.hard)
    ), tickets AS MATERIALIZED (
        SELECT h.amount, h.window_ids FROM billing_hold h
        WHERE h.state = 'waiting' AND NOT billing_6.ticket_blocked_elsewhere(
            h.window_ids, h.amount, ARRAY(SELECT budget_window FROM present)
        )
    )
    SELECT
        p.budget, p.budget_window, p.starts_at, p.site,
        p.limit_usd - p.settled_usd - p.held_usd - coalesce((
            SELECT sum(t.amount) FROM tickets t WHERE p.budget_window = ANY (t.window_ids)
        ), 0),
        p.limit_usd - p.settled_usd,
        p.limit_usd - p.settled_usd - p.held_usd,
        CASE WHEN p.site THEN p.limit_usd / 10 END
    FROM present p
$$;

-- How much can be held in these windows once the pending calls have ended, if they cost nothing:
-- what it is worth waiting for. Null is without limit.
-- Called from: hold.
CREATE FUNCTION billing_6.available_after_pending(p_windows bigint[]) RETURNS numeric
LANGUAGE sql STABLE AS $$
    SELECT min(w.limit_usd - w.settled_usd - w.held_usd + billing_6.pending_amount(w.id))
    FROM billing_budgetwindow w WHERE w.id = ANY (p_windows) AND w.hard
$$;

-- What pending calls hold in a window: it may come back when they end.
-- Called from: available_after_pending, refusal.
CREATE FUNCTION billing_6.pending_amount(p_window bigint) RETURNS numeric LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(amount), 0) FROM billing_hold
    WHERE state = 'dispatched' AND p_window = ANY (window_ids)
$$;

-- True when a hold of this amount would leave too little, in a window that both need, for a run that
-- has waited longer: first come, first served. A ticket that is blocked by a window which the asker
-- doesn't need is no reason to wait.
-- `p_ticket` is the asker's own ticket, null when it has none yet.
-- Called from: hold.
CREATE FUNCTION billing_6.older_ticket_waits(
    p_run uuid, p_windows bigint[], p_ticket bigint, p_amount numeric
) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT 1 FROM billing_hold h
        JOIN billing_budgetwindow w ON w.id = ANY (h.window_ids) AND w.id = ANY (p_windows)
        WHERE h.state = 'waiting' AND h.run_id <> p_run AND w.hard
            AND (p_ticket IS NULL OR h.id < p_ticket)
            AND w.limit_usd - w.settled_usd - w.held_usd - p_amount < h.amount
            AND NOT billing_6.ticket_blocked_elsewhere(h.window_ids, h.amount, p_windows)
    )
$$;

-- True when a ticket waits for money in a window that is not among `p_windows`: it can't be served
-- now, whatever is free in these, and so keeps nothing from others there.
-- Called from: older_ticket_waits, available_budgets.
CREATE FUNCTION billing_6.ticket_blocked_elsewhere(
    p_ticket_windows bigint[], p_amount numeric, p_windows bigint[]
) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT 1 FROM billing_budgetwindow w
        -- A budget without a window yet is a null in `p_windows`.
        WHERE w.id = ANY (p_ticket_windows) AND NOT coalesce(w.id = ANY (p_windows), false)
            AND w.hard AND w.limit_usd - w.settled_usd - w.held_usd < p_amount
    )
$$;

-- Hard limits hold only where a model keeps the output cap that is sent along. Why a call of this model
-- may not be sent now under one; null when it may:
--   uncapped: the model ignores its cap
--   probing: it isn't known yet whether the model keeps its cap, and a call that one of the same hard
--     limits counts is finding out. There is at most one such call at a time: it ends, or its worker
--     does and it is in doubt, and then the next one may.
-- The simulator is ours, and keeps every cap. `p_windows` are what the call falls into.
-- Called from: hold; runs_6.hold_call. Only under a hard limit: a window, or the run's own cap.
-- Locks: hard windows by id, where it isn't known yet. The caller holds the run row.
CREATE FUNCTION billing_6.cap_objection(
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
-- Called from: runs_6.hold_call.
-- Locks: as cap_objection.
CREATE FUNCTION billing_6.closing_objection(
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
    RETURN billing_6.cap_objection(p_run, v_windows, p_simulated, p_provider, p_model);
END $$;

-- A call went far past its output cap, or cost more than was held for it (`p_overrun`). When its input
-- was more than its bound by `p_ratio`, more is held for this model from now on, at most twice as much
-- at a time; a model that ignored its cap is no longer called under a hard limit. `p_safety` was in
-- force.
-- Called from: learn.
-- Locks: the model's row.
CREATE FUNCTION billing_6.learn_overrun(
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
CREATE FUNCTION billing_6.learn_kept_cap(p_provider text, p_model text) RETURNS boolean
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
CREATE FUNCTION billing_6.learn(
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
        PERFORM billing_6.learn_overrun(
            p_provider, p_model, coalesce((p_usage ->> 'safety')::numeric, 1), v_ratio, v_ignored,
            p_overrun
        );
    END IF;
    IF p_usage ? 'ended' AND v_within AND NOT v_ignored THEN
        v_news := billing_6.learn_kept_cap(p_provider, p_model);
    END IF;
    IF v_news THEN
        -- Those who wait for the outcome needn't wait for their next look.
        PERFORM pg_notify('billing_freed', '');
    END IF;
END $$;

-- Hold money for one attempt of a call, in every budget window that it falls into.
-- `p_bound` says the most that the call can cost (see max_cost); output is cut to what is available,
-- down to its `min_output_tokens`. `p_run_available` and `p_run_after_pending` are what the run's own
-- cap leaves, now and once its pending calls have ended (null: no cap). `p_keep_free` has to stay
-- available besides.
-- Called from: runs_6.begin, runs_6.hold_call.
-- Locks: the budgets lock (shared), windows by id, the hold. The caller holds the run row.
-- Outcomes: held; again (this attempt holds already); taken (this attempt is over); waiting (others
--   hold the money, and a ticket keeps the place); exhausted (see `refusal`, null where it is the
--   run's own cap); uncapped, probing (see cap_objection; where there is a hard limit. What is only held,
--   and not yet sent, needn't wait for a probe).
-- Idempotent by: (run, step key, attempt), so that a lost COMMIT reply is met by asking again.
CREATE FUNCTION billing_6.hold(
    p_payer billing_6.payer, p_run uuid, p_key text, p_attempt int, p_kind text, p_state text,
    p_pattern text, p_provider text, p_bound jsonb, p_run_available numeric,
    p_run_after_pending numeric, p_keep_free numeric,
    OUT outcome text, OUT hold_id bigint, OUT amount numeric, OUT output_tokens bigint,
    OUT refusal jsonb
) LANGUAGE plpgsql AS $$
DECLARE
    v_at timestamptz;
    v_known record;
    v_windows bigint[];
    v_budgets_available numeric;
    v_available numeric;
    v_min_cost numeric := billing_6.min_cost(p_bound);
    v_max_cost numeric;
    v_objection text;
BEGIN
    output_tokens := (p_bound ->> 'max_output_tokens')::bigint;
    v_max_cost := billing_6.max_cost(p_bound, output_tokens);
    SELECT h.id, h.state, h.amount, h.max_output_tokens INTO v_known FROM billing_hold h
    WHERE h.run_id = p_run AND h.step_key = p_key AND h.attempt = p_attempt;
    hold_id := v_known.id;
    IF v_known.state = p_state THEN
        outcome := 'again';
        amount := v_known.amount;
        output_tokens := v_known.max_output_tokens;
        RETURN;
    ELSIF v_known.state <> 'waiting' THEN
        outcome := 'taken';
        RETURN;
    END IF;

    PERFORM billing_6.share_budgets();
    -- Only now, since a budget that was set while we waited for the lock counts from then on.
    v_at := clock_timestamp();
    v_windows := billing_6.open_windows(p_payer, v_at);
    SELECT min(w.limit_usd - w.settled_usd - w.held_usd) FILTER (WHERE w.hard) - p_keep_free
    INTO v_budgets_available
    FROM (
        SELECT * FROM billing_budgetwindow WHERE id = ANY (v_windows) ORDER BY id FOR UPDATE
    ) w;
    v_available := least(p_run_available - p_keep_free, v_budgets_available);
    -- Null is without limit, and a comparison with it never refuses.
    IF v_available IS NOT NULL THEN
        v_objection := billing_6.cap_objection(
            p_run, v_windows, (p_payer).simulated, p_provider, p_bound ->> 'model'
        );
    END IF;
    IF v_objection = 'uncapped' THEN
        outcome := 'uncapped';
    ELSIF v_min_cost > p_run_after_pending - p_keep_free THEN
        outcome := 'exhausted';
    ELSIF v_min_cost <= coalesce(v_available, v_min_cost) AND NOT billing_6.older_ticket_waits(
        p_run, v_windows, hold_id, least(v_max_cost, v_available)
    ) THEN
        outcome := 'held';
        IF v_objection = 'probing' AND p_state = 'dispatched' THEN
            -- It has a place in no queue for money, or keeps that which it has.
            outcome := 'probing';
            RETURN;
        END IF;
    ELSIF v_min_cost <= coalesce(
        billing_6.available_after_pending(v_windows) - p_keep_free, v_min_cost
    ) THEN
        outcome := 'waiting';
    ELSE
        outcome := 'exhausted';
        refusal := billing_6.refusal(p_payer, v_min_cost + p_keep_free) - 'budget';
    END IF;

    amount := v_min_cost;
    IF outcome IN ('exhausted', 'uncapped') THEN
        DELETE FROM billing_hold WHERE id = hold_id;
        RETURN;
    END IF;
    -- A run that waits only for its own pending calls is in no budget's queue: the ticket names no
    -- window, so that others may have the budgets' money meanwhile.
    IF outcome = 'waiting' AND v_min_cost > p_run_available - p_keep_free
        AND v_min_cost <= coalesce(v_budgets_available, v_min_cost) THEN
        v_windows := '{}';
    END IF;
    IF outcome = 'held' AND v_max_cost > v_available THEN
        output_tokens := billing_6.affordable_output(p_bound, v_available);
        amount := billing_6.max_cost(p_bound, output_tokens);
    ELSIF outcome = 'held' THEN
        amount := v_max_cost;
    END IF;

    INSERT INTO billing_hold AS h (
        owner_id, api_token_id, run_id, step_key, attempt, kind, state, amount,
        max_input_tokens, max_output_tokens, pattern, model, provider, simulated,
        input_price, output_price, price_source, window_ids, held_at
    ) VALUES (
        (p_payer).owner_id, (p_payer).api_token_id, p_run, p_key, p_attempt, p_kind,
        CASE outcome WHEN 'held' THEN p_state ELSE 'waiting' END, amount,
        (p_bound ->> 'max_input_tokens')::bigint, output_tokens, p_pattern, p_bound ->> 'model',
        p_provider, (p_payer).simulated, (p_bound ->> 'input_price')::numeric,
        (p_bound ->> 'output_price')::numeric, p_bound ->> 'price_source', v_windows, v_at
    )
    -- The row that is there is our own ticket.
    ON CONFLICT ON CONSTRAINT hold_unique DO UPDATE SET
        state = excluded.state, amount = excluded.amount, window_ids = excluded.window_ids,
        max_output_tokens = excluded.max_output_tokens, held_at = excluded.held_at
    RETURNING h.id INTO hold_id;
    IF outcome = 'held' THEN
        UPDATE billing_budgetwindow w SET held_usd = w.held_usd + hold.amount
        WHERE w.id = ANY (v_windows);
    END IF;
END $$;

-- Give back what a run holds without having sent it, and its tickets: everything, or all but the
-- closing money. Returns the amount that is no longer held.
-- Called from: runs_6.hold_call, runs_6.finish, runs_6.requeue, runs_6.end, runs_6.mark_in_doubt.
-- Locks: the budgets lock (shared), windows by id, holds. The caller holds the run row.
CREATE FUNCTION billing_6.release(p_run uuid, p_closing boolean) RETURNS numeric
LANGUAGE plpgsql AS $$
DECLARE
    v_hold bigint;
    v_ended record;
    v_released numeric := 0;
BEGIN
    PERFORM billing_6.lock_windows(p_run);
    DELETE FROM billing_hold WHERE run_id = p_run AND state = 'waiting';
    FOR v_hold IN
        SELECT id FROM billing_hold
        WHERE run_id = p_run AND state = 'held' AND (p_closing OR kind = 'call')
    LOOP
        v_ended := billing_6.settle(v_hold, NULL, 'exact', true, NULL, NULL);
        PERFORM billing_6.add_to_sums(v_ended.windows, '{}', false, v_ended.unheld, 0, 0);
        v_released := v_released + v_ended.unheld;
    END LOOP;
    RETURN v_released;
END $$;

-- All advisory locks, by name. Sets that work side by side meet on them: a number never changes.
--   budgets: shared by all that moves money, taken alone by whoever sets a budget
--   claim: one worker at a time takes runs from the queue
--   sweep: one worker at a time takes runs from dead workers
-- Called from: every function that takes one of them.
CREATE FUNCTION billing_6.lock_number(p_name text) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE p_name WHEN 'sweep' THEN 7302001 WHEN 'budgets' THEN 7302002 WHEN 'claim' THEN 7302003 END
$$;

-- Wait until no money moves, and keep it so until the transaction ends.
-- Called from: Python, before a budget is set, changed or deleted.
-- Locks: the budgets lock, alone.
CREATE FUNCTION billing_6.lock_budgets() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(billing_6.lock_number('budgets'));
END $$;

-- Keep budgets from being set while this transaction moves money.
-- Called from: hold, settle, lock_windows; runs_6.hold_call.
-- Locks: the budgets lock, shared.
CREATE FUNCTION billing_6.share_budgets() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(billing_6.lock_number('budgets'));
END $$;

-- The one rule of who pays: whether a budget counts what this payer is charged. A budget names a
-- user, an API token, or neither: then it is the site's. PostgreSQL puts the expression in place of
-- the call, so that an index on the owner or the token serves it.
-- Called from: everything that asks which budgets count a charge, or which charges a budget counts.
CREATE FUNCTION billing_6.counts(p_user bigint, p_api_token uuid, p_payer billing_6.payer) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT (p_user IS NULL OR p_user = (p_payer).owner_id)
        AND (p_api_token IS NULL OR p_api_token = (p_payer).api_token_id)
$$;

-- The budgets that count what this payer is charged, by id.
-- Called from: open_windows, available_budgets.
CREATE FUNCTION billing_6.budgets_of(p_payer billing_6.payer)
RETURNS TABLE (id uuid, scope text, period text, timezone text, hard boolean, limit_usd numeric)
LANGUAGE sql STABLE AS $$
    SELECT b.id, b.scope, b.period, b.timezone, b.hard, b.limit_usd FROM billing_budget b
    WHERE billing_6.counts(b.user_id, b.api_token_id, p_payer)
    ORDER BY b.id
$$;

-- The beginning of the period that holds a moment. A total has one period, from the epoch on.
-- Called from: Python, open_windows, open_first_window, available_budgets, refusal.
CREATE FUNCTION billing_6.period_start(p_period text, p_timezone text, p_at timestamptz)
RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT CASE p_period
        WHEN 'total' THEN to_timestamp(0)
        ELSE billing_6.first_moment(date_trunc(p_period, p_at AT TIME ZONE p_timezone), p_timezone)
    END
$$;

-- The end of the period that begins at a moment: where the next one begins, so that days of 23 and
-- 25 hours and months of any length come out right. Null for a total.
-- Called from: Python, open_windows, open_first_window, refusal.
CREATE FUNCTION billing_6.period_end(p_period text, p_timezone text, p_start timestamptz)
RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT CASE p_period
        WHEN 'total' THEN NULL
        ELSE billing_6.first_moment(
            date_trunc(p_period, p_start AT TIME ZONE p_timezone) + ('1 ' || p_period)::interval,
            p_timezone
        )
    END
$$;

-- The first moment of a local day. Where the clocks skip midnight, the day begins when they have
-- jumped; where they go back over it, at the first of the two midnights.
-- Called from: period_start, period_end.
CREATE FUNCTION billing_6.first_moment(p_day timestamp, p_timezone text)
RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN (m - interval '1 hour') AT TIME ZONE p_timezone >= p_day THEN m - interval '1 hour'
        ELSE m
    END
    FROM (SELECT p_day AT TIME ZONE p_timezone) AS midnight (m)
$$;

-- What tokens cost, in US dollars: the only place in SQL where tokens are multiplied by a price.
-- The buckets are disjoint, prices are per million tokens, and `p_prices` has one for each bucket.
-- Called from: max_cost, write_line.
CREATE FUNCTION billing_6.cost(
    p_fresh_input bigint, p_cached_input bigint, p_cache_write bigint, p_output bigint,
    p_input_price numeric, p_cached_input_price numeric, p_cache_write_price numeric,
    p_output_price numeric
) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT 0.000001 * (
        p_fresh_input * p_input_price + p_cached_input * p_cached_input_price
        + p_cache_write * p_cache_write_price + p_output * p_output_price
    )
$$;

-- The most that a call can cost with so many output tokens. `p_bound` has the most input tokens that
-- it can have and the dearest prices that it can reach: that of input is the dearest of fresh input,
-- cached input and cache writes.
-- Called from: hold, affordable_output; runs_6.begin.
CREATE FUNCTION billing_6.max_cost(p_bound jsonb, p_output bigint) RETURNS numeric
LANGUAGE sql IMMUTABLE AS $$
    SELECT billing_6.cost(
        (p_bound ->> 'max_input_tokens')::bigint, 0, 0, p_output,
        (p_bound ->> 'input_price')::numeric, 0, 0, (p_bound ->> 'output_price')::numeric
    )
$$;

-- The most that the shortest answer worth its input can cost.
-- Called from: hold; runs_6.begin.
CREATE FUNCTION billing_6.min_cost(p_bound jsonb) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT billing_6.max_cost(p_bound, least(
        (p_bound ->> 'max_output_tokens')::bigint, (p_bound ->> 'min_output_tokens')::bigint
    ))
$$;

-- The output tokens that an amount pays for, besides the call's whole input.
-- Called from: hold, where the whole output costs more than the amount.
CREATE FUNCTION billing_6.affordable_output(p_bound jsonb, p_amount numeric) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$
    SELECT floor(
        (p_amount - billing_6.max_cost(p_bound, 0))
        / billing_6.cost(0, 0, 0, 1, 0, 0, 0, (p_bound ->> 'output_price')::numeric)
    )::bigint
$$;

-- The hard budget that stands in a payer's way, with its figures. One in which settled money alone
-- leaves too little comes before one that is only held full. `budget` is its id.
-- Called from: hold; runs_6.submit, runs_6.sweep.
CREATE FUNCTION billing_6.refusal(p_payer billing_6.payer, p_requested numeric) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('budget', b.id) || billing_6.refusal_figures(
        b.scope, b.period, b.timezone, coalesce(w.limit_usd, b.limit_usd),
        coalesce(w.settled_usd, 0), coalesce(w.held_usd, 0), p_requested,
        billing_6.period_end(b.period, b.timezone, a.starts_at)
    )
    FROM billing_6.available_budgets(p_payer) a
    JOIN billing_budget b ON b.id = a.budget
    LEFT JOIN billing_budgetwindow w ON w.id = a.budget_window
    ORDER BY least(p_requested, a.unspent),
        a.available + coalesce(billing_6.pending_amount(w.id), 0)
    LIMIT 1
$$;

-- The figures of a refusal, as the API names them. Amounts are text, so that no digit is lost.
-- Called from: refusal; runs_6.hold_call and runs_6.begin for a run's own cap, which never resets.
CREATE FUNCTION billing_6.refusal_figures(
    p_scope text, p_period text, p_timezone text, p_limit numeric, p_settled numeric, p_held numeric,
    p_requested numeric, p_resets_at timestamptz
) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'scope', p_scope,
        'window', p_period,
        'timezone', p_timezone,
        'limit_usd', trim_scale(p_limit)::text,
        'settled_usd', trim_scale(p_settled)::text,
        'held_usd', trim_scale(p_held)::text,
        'requested_usd', trim_scale(p_requested)::text,
        'resets_at', to_char(p_resets_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    )
$$;

-- End a hold: charge its usage, or release it when `p_usage` is null (nothing was bought). Closing
-- money that bought nothing is held again for the next try. Money that was held and never sent is
-- released only when `p_final`. Known usage replaces a line in doubt by a reversal and a new line;
-- exact usage also replaces what staff resolved (see keep_in_doubt).
-- Called from: runs_6.settle_call, release. What the answer names has to be passed to add_to_sums at
-- the transaction's end.
-- Locks: the budgets lock (shared), the hold. The caller holds the run row.
-- Outcomes: `changed` says whether anything was done. Then `unheld`, `amount`, `in_doubt` and
--   `estimated` are what the run's totals change by, and `superseded` is the line, if any, whose
--   tokens no longer count.
-- Idempotent by: the hold: one that is settled or released changes nothing. Where a step's key and
--   attempt are given, the hold has to be theirs, since closing money goes from attempt to attempt.
CREATE FUNCTION billing_6.settle(
    p_hold bigint, p_usage jsonb, p_confidence text, p_final boolean, p_key text, p_attempt int,
    OUT changed boolean, OUT step_key text, OUT attempt int, OUT unheld numeric,
    OUT amount numeric, OUT in_doubt numeric, OUT estimated numeric, OUT superseded jsonb,
    OUT windows bigint[], OUT lines bigint[], OUT first boolean, OUT overrun numeric
) LANGUAGE plpgsql AS $$
DECLARE
    v_hold record;
    v_line bigint;
    v_line_confidence text;
    v_entry jsonb;
    v_charge record;
    v_reversed numeric := 0;
BEGIN
    PERFORM billing_6.share_budgets();
    SELECT
        h.state, h.kind, h.amount, h.step_key, h.attempt, h.window_ids, h.provider,
        h.model, h.max_input_tokens, h.max_output_tokens
    INTO v_hold FROM billing_hold h WHERE h.id = p_hold FOR UPDATE;
    step_key := v_hold.step_key;
    attempt := v_hold.attempt;
    windows := v_hold.window_ids;
    IF v_hold.state = 'in_doubt' THEN
        -- The line that stands for this hold now.
        SELECT l.id, l.confidence, to_jsonb(l.*) INTO v_line, v_line_confidence, v_entry
        FROM billing_ledgerentry l
        WHERE l.hold_id = p_hold AND l.reverses_id IS NULL
            AND NOT EXISTS (SELECT 1 FROM billing_ledgerentry r WHERE r.reverses_id = l.id);
    END IF;
    changed := CASE v_hold.state
        WHEN 'dispatched' THEN true
        WHEN 'held' THEN p_final
        WHEN 'in_doubt' THEN p_confidence = 'exact'
            OR (p_confidence = 'estimated' AND v_line_confidence = 'in_doubt')
        ELSE false
    END;
    unheld := 0;
    amount := 0;
    in_doubt := 0;
    estimated := 0;
    overrun := 0;
    lines := '{}';
    first := false;
    changed := changed
        AND (p_key IS NULL OR (step_key, attempt) IS NOT DISTINCT FROM (p_key, p_attempt));
    IF NOT changed THEN
        RETURN;
    END IF;
    IF v_hold.state = 'dispatched' AND v_hold.kind = 'closing' AND p_usage IS NULL THEN
        UPDATE billing_hold SET state = 'held' WHERE id = p_hold;
        RETURN;
    END IF;
    IF v_hold.state = 'in_doubt' THEN
        v_charge := billing_6.write_line(p_hold, v_entry, v_line_confidence, v_line);
        lines := lines || v_charge.line;
        amount := v_charge.amount;
        v_reversed := -v_charge.amount;
        IF v_line_confidence = 'in_doubt' THEN
            in_doubt := amount;
        ELSE
            estimated := amount;
            superseded := v_entry;
        END IF;
    ELSE
        unheld := v_hold.amount;
    END IF;
    IF p_usage IS NOT NULL THEN
        v_charge := billing_6.write_line(p_hold, p_usage, p_confidence, NULL);
        lines := lines || v_charge.line;
        first := v_charge.first;
        amount := amount + v_charge.amount;
        -- What the replaced line had counted as overrun goes with it.
        overrun := greatest(0, v_charge.amount - v_hold.amount)
            - greatest(0, v_reversed - v_hold.amount);
        IF p_usage ?| ARRAY['safety', 'past_cap', 'ended'] THEN
            PERFORM billing_6.learn(
                v_hold.provider, v_hold.model, v_hold.max_input_tokens, v_hold.max_output_tokens,
                p_usage, overrun > 0
            );
        END IF;
        IF p_confidence = 'in_doubt' THEN
            in_doubt := in_doubt + v_charge.amount;
        ELSIF p_confidence = 'estimated' THEN
            estimated := estimated + v_charge.amount;
        END IF;
    END IF;
    UPDATE billing_hold SET
        state = CASE
            WHEN p_usage IS NULL THEN 'released'
            WHEN p_confidence = 'in_doubt' THEN 'in_doubt'
            ELSE 'settled'
        END,
        closed_at = statement_timestamp()
    WHERE id = p_hold;
END $$;

-- Write one ledger line, and add it to the run's sum; `first` says whether it is the run's first.
-- `p_usage` has the disjoint token buckets and their unit prices. A line that reverses another one
-- has its tokens and its amount with the sign turned.
-- Called from: settle. The caller holds the run row and the hold.
CREATE FUNCTION billing_6.write_line(
    p_hold bigint, p_usage jsonb, p_confidence text, p_reverses bigint,
    OUT line bigint, OUT amount numeric, OUT first boolean
) LANGUAGE plpgsql AS $$
DECLARE
    v_run uuid;
    v_sign int := CASE WHEN p_reverses IS NULL THEN 1 ELSE -1 END;
    v_fresh bigint := v_sign * (p_usage ->> 'fresh_input_tokens')::bigint;
    v_cached bigint := v_sign * (p_usage ->> 'cached_input_tokens')::bigint;
    v_written bigint := v_sign * coalesce((p_usage ->> 'cache_write_tokens')::bigint, 0);
    v_output bigint := v_sign * (p_usage ->> 'output_tokens')::bigint;
    v_reasoning bigint := v_sign * (p_usage ->> 'reasoning_tokens')::bigint;
    v_input_price numeric := (p_usage ->> 'input_price')::numeric;
    v_cached_price numeric := (p_usage ->> 'cached_input_price')::numeric;
    v_written_price numeric := coalesce((p_usage ->> 'cache_write_price')::numeric, 0);
    v_output_price numeric := (p_usage ->> 'output_price')::numeric;
BEGIN
    amount := billing_6.cost(
        v_fresh, v_cached, v_written, v_output,
        v_input_price, v_cached_price, v_written_price, v_output_price
    );
    INSERT INTO billing_ledgerentry AS l (
        hold_id, owner_id, api_token_id, run_id, step_key, attempt, pattern, model, provider,
        simulated, fresh_input_tokens, cached_input_tokens, cache_write_tokens, output_tokens,
        reasoning_tokens, input_price, cached_input_price, cache_write_price, output_price,
        price_source, amount, confidence, held_at, reverses_id
    )
    SELECT
        h.id, h.owner_id, h.api_token_id, h.run_id, h.step_key, h.attempt, h.pattern, h.model,
        h.provider, h.simulated, v_fresh, v_cached, v_written, v_output, v_reasoning,
        v_input_price, v_cached_price, v_written_price, v_output_price,
        coalesce(p_usage ->> 'price_source', h.price_source), write_line.amount, p_confidence,
        h.held_at, p_reverses
    FROM billing_hold h WHERE h.id = p_hold
    RETURNING l.id, l.run_id INTO line, v_run;

    UPDATE billing_runrollup r SET amount = r.amount + write_line.amount WHERE r.run_id = v_run;
    first := NOT FOUND;
    IF first THEN
        INSERT INTO billing_runrollup (run_id, owner_id, pattern, simulated, day, amount)
        SELECT
            v_run, h.owner_id, h.pattern, h.simulated, (h.held_at AT TIME ZONE 'UTC')::date,
            write_line.amount
        FROM billing_hold h WHERE h.id = p_hold;
    END IF;
END $$;

-- Staff's word on a call in doubt is an estimate: its hold stays in doubt, so that exact usage that
-- arrives later replaces it.
-- Called from: runs_6.resolve. The caller holds the hold.
CREATE FUNCTION billing_6.keep_in_doubt(p_hold bigint) RETURNS void LANGUAGE sql AS $$
    UPDATE billing_hold SET state = 'in_doubt' WHERE id = p_hold
$$;

-- Add what a hold came to, to the sums that runs share: its budget windows, and the daily sums of its
-- new ledger lines, the first of which may be the run's `p_first`. `tightest` is what is left under the
-- tightest hard budget, null without one; `reached` are the windows of which a part is used up that
-- wasn't told (see pass_thresholds).
-- Called from: runs_6.settle_call, release; last of all, since the calls of all others wait for these
-- rows until the commit.
-- Locks: windows by id, daily sums.
CREATE FUNCTION billing_6.add_to_sums(
    p_windows bigint[], p_lines bigint[], p_first boolean,
    p_unheld numeric, p_amount numeric, p_overrun numeric,
    OUT tightest numeric, OUT reached bigint[]
) LANGUAGE plpgsql AS $$
DECLARE
    v_window bigint;
    v_line bigint;
    v_left numeric;
    v_reached boolean;
BEGIN
    reached := '{}';
    FOREACH v_window IN ARRAY p_windows LOOP
        UPDATE billing_budgetwindow SET
            held_usd = held_usd - p_unheld,
            settled_usd = settled_usd + p_amount,
            overrun_usd = overrun_usd + p_overrun
        WHERE id = v_window
        RETURNING
            CASE WHEN hard THEN greatest(0, limit_usd - settled_usd - held_usd) END,
            p_amount > 0 AND told_percent < 100
                AND settled_usd >= limit_usd * CASE told_percent WHEN 0 THEN 0.8 ELSE 1 END
        INTO v_left, v_reached;
        tightest := least(tightest, v_left);
        IF v_reached THEN
            reached := reached || v_window;
        END IF;
    END LOOP;
    FOREACH v_line IN ARRAY p_lines LOOP
        INSERT INTO billing_usagerollup AS u (
            day, owner_id, model, pattern, simulated, amount, runs, calls,
            fresh_input_tokens, cached_input_tokens, cache_write_tokens, output_tokens,
            reasoning_tokens
        )
        SELECT
            (held_at AT TIME ZONE 'UTC')::date, owner_id, model, pattern, simulated, amount,
            (p_first AND id = p_lines[1])::int, CASE WHEN reverses_id IS NULL THEN 1 ELSE -1 END,
            fresh_input_tokens, cached_input_tokens, cache_write_tokens, output_tokens,
            reasoning_tokens
        FROM billing_ledgerentry WHERE id = v_line
        ON CONFLICT ON CONSTRAINT rollup_unique DO UPDATE SET
            amount = u.amount + excluded.amount,
            runs = u.runs + excluded.runs,
            calls = u.calls + excluded.calls,
            fresh_input_tokens = u.fresh_input_tokens + excluded.fresh_input_tokens,
            cached_input_tokens = u.cached_input_tokens + excluded.cached_input_tokens,
            cache_write_tokens = u.cache_write_tokens + excluded.cache_write_tokens,
            output_tokens = u.output_tokens + excluded.output_tokens,
            reasoning_tokens = u.reasoning_tokens + excluded.reasoning_tokens;
    END LOOP;
    IF p_unheld > p_amount THEN
        PERFORM billing_6.announce_freed(p_windows);
    END IF;
END $$;

-- The parts of a window's limit, in percent, that are used up now and weren't told before. Each is told
-- once, unless a raised limit takes it back.
-- Called from: runs_6.tell_thresholds. The caller has locked the window.
CREATE FUNCTION billing_6.pass_thresholds(p_window bigint) RETURNS int[] LANGUAGE plpgsql AS $$
DECLARE
    v_passed int[];
BEGIN
    SELECT array_agg(percent ORDER BY percent) INTO v_passed
    FROM billing_budgetwindow w CROSS JOIN unnest(ARRAY[80, 100]) AS percent
    WHERE w.id = p_window AND percent > w.told_percent
        AND w.settled_usd >= w.limit_usd * percent / 100;
    UPDATE billing_budgetwindow SET told_percent = v_passed[cardinality(v_passed)]
    WHERE id = p_window AND v_passed IS NOT NULL;
    RETURN coalesce(v_passed, '{}');
END $$;

-- Money has come back to these windows: tell the workers, if a ticket waits for one of them.
-- Called from: add_to_sums.
CREATE FUNCTION billing_6.announce_freed(p_windows bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF p_windows <> '{}' AND EXISTS (
        SELECT 1 FROM billing_hold WHERE state = 'waiting' AND window_ids && p_windows
    ) THEN
        PERFORM pg_notify('billing_freed', '');
    END IF;
END $$;

-- The budget windows that a payer's call falls into at a moment, by id; those that are new are
-- opened. A period begins at midnight, or on the first of the month, in the budget's time zone.
-- Called from: hold; runs_6.hold_call.
-- Locks: none but those of new rows. The caller shares the budgets lock.
-- Idempotent by: (budget, simulated, start of the period).
CREATE FUNCTION billing_6.open_windows(p_payer billing_6.payer, p_at timestamptz) RETURNS bigint[]
LANGUAGE plpgsql AS $$
DECLARE
    v_budget record;
    v_start timestamptz;
    v_window bigint;
    v_windows bigint[] := '{}';
BEGIN
    FOR v_budget IN SELECT * FROM billing_6.budgets_of(p_payer) LOOP
        v_start := billing_6.period_start(v_budget.period, v_budget.timezone, p_at);
        LOOP
            SELECT w.id INTO v_window FROM billing_budgetwindow w
            WHERE w.budget_id = v_budget.id AND w.simulated = (p_payer).simulated
                AND w.starts_at = v_start;
            EXIT WHEN FOUND;
            -- A row that another transaction opened meanwhile is read in the next round, and not
            -- locked by this insert: windows are locked by id, and a lower one may come yet.
            INSERT INTO billing_budgetwindow (
                budget_id, simulated, starts_at, ends_at, hard, limit_usd
            ) VALUES (
                v_budget.id, (p_payer).simulated, v_start,
                billing_6.period_end(v_budget.period, v_budget.timezone, v_start),
                v_budget.hard, v_budget.limit_usd
            )
            ON CONFLICT ON CONSTRAINT window_unique DO NOTHING;
        END LOOP;
        v_windows := v_windows || v_window;
    END LOOP;
    RETURN ARRAY(SELECT id FROM unnest(v_windows) AS id ORDER BY id);
END $$;

-- Open a new budget's window in mid-period: what was charged and what is held since its beginning
-- counts as if the budget had always been there.
-- Called from: Python, once for real and once for simulated dollars, when a budget is set.
-- Locks: the caller holds the budgets lock alone.
CREATE FUNCTION billing_6.open_first_window(p_budget uuid, p_simulated boolean) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    v_budget record;
    v_start timestamptz;
    v_window bigint;
BEGIN
    SELECT user_id, api_token_id, period, timezone, hard, limit_usd INTO v_budget
    FROM billing_budget WHERE id = p_budget;
    v_start := billing_6.period_start(v_budget.period, v_budget.timezone, statement_timestamp());
    INSERT INTO billing_budgetwindow (
        budget_id, simulated, starts_at, ends_at, hard, limit_usd, settled_usd, held_usd
    )
    SELECT
        p_budget, p_simulated, v_start,
        billing_6.period_end(v_budget.period, v_budget.timezone, v_start), v_budget.hard,
        v_budget.limit_usd, s.charged, s.held
    FROM billing_6.spent_since(v_budget.user_id, v_budget.api_token_id, p_simulated, v_start) s
    RETURNING id INTO v_window;
    UPDATE billing_hold h SET window_ids = h.window_ids || v_window
    WHERE h.state IN ('waiting', 'held', 'dispatched', 'in_doubt')
        AND h.simulated = p_simulated AND h.held_at >= v_start
        AND billing_6.counts(
            v_budget.user_id, v_budget.api_token_id, (h.owner_id, h.api_token_id, h.simulated)
        );
    RETURN v_window;
END $$;

-- What a budget for this user or token (both null: the site) would count since a moment. Whole days
-- come from the daily sums, which don't know tokens; the rest of the first day, and everything of a
-- token, comes from the ledger. So a budget over millions of lines opens without reading them.
-- Called from: Python, open_first_window.
CREATE FUNCTION billing_6.spent_since(
    p_user bigint, p_api_token uuid, p_simulated boolean, p_since timestamptz,
    OUT charged numeric, OUT held numeric
) LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_first_whole_day date := CASE
        WHEN p_api_token IS NULL THEN (p_since AT TIME ZONE 'UTC' + interval '1 day')::date
        ELSE 'infinity'
    END;
BEGIN
    SELECT coalesce(sum(u.amount), 0) INTO charged FROM billing_usagerollup u
    WHERE u.simulated = p_simulated AND u.day >= v_first_whole_day
        AND billing_6.counts(p_user, p_api_token, (u.owner_id, NULL, u.simulated));
    SELECT charged + coalesce(sum(l.amount), 0) INTO charged FROM billing_ledgerentry l
    WHERE l.simulated = p_simulated AND l.held_at >= p_since
        AND l.held_at < v_first_whole_day::timestamp AT TIME ZONE 'UTC'
        AND billing_6.counts(p_user, p_api_token, (l.owner_id, l.api_token_id, l.simulated));
    SELECT coalesce(sum(h.amount), 0) INTO held FROM billing_hold h
    WHERE h.state IN ('held', 'dispatched') AND h.simulated = p_simulated AND h.held_at >= p_since
        AND billing_6.counts(p_user, p_api_token, (h.owner_id, h.api_token_id, h.simulated));
END $$;

-- Lock the windows of all that a run holds, before several of its holds end in one transaction:
-- around midnight they are in different windows.
-- Called from: release; runs_6.mark_in_doubt.
-- Locks: the budgets lock (shared), windows by id. The caller holds the run row.
CREATE FUNCTION billing_6.lock_windows(p_run uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM billing_6.share_budgets();
    PERFORM 1 FROM billing_budgetwindow
    WHERE id IN (
        SELECT unnest(window_ids) FROM billing_hold
        WHERE run_id = p_run AND state IN ('held', 'dispatched')
    )
    ORDER BY id FOR UPDATE;
END $$;

SET LOCAL check_function_bodies = on;
"""
DROP = "DROP SCHEMA billing_6 CASCADE"


class Migration(migrations.Migration):
    dependencies = [("billing", "0010_reconciliation")]
    operations = [migrations.RunSQL(CREATE, DROP)]
