-- Give queued runs to a worker whose lease is good, fairly among users. Each claim is a new epoch. A
-- worker has at most four suspects at a time, since each of them costs a process.
-- Called from: Python.
-- Locks: the claim lock, the worker row, run rows.
-- Outcomes: one row a run; none when nothing is queued or the lease is over.
CREATE FUNCTION runs.claim(p_worker uuid, p_limit int, p_user_cap int)
RETURNS TABLE (run_id uuid, run_epoch int, run_suspect boolean, run_events jsonb)
LANGUAGE plpgsql AS $$
DECLARE
    v_name text;
    v_attempt int;
    v_suspects int;
BEGIN
    PERFORM pg_advisory_xact_lock(billing.lock_number('claim'));
    SELECT name INTO v_name FROM runs_worker
    WHERE id = p_worker AND ended_at IS NULL AND expires_at > now() FOR SHARE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT count(*) INTO v_suspects FROM runs.executing(p_worker) e WHERE e.run_suspect;
    PERFORM runs.admit_waiting(p_limit);
    FOR i IN 1..p_limit LOOP
        run_id := runs.next_queued(p_user_cap, v_suspects < 4);
        EXIT WHEN run_id IS NULL;
        UPDATE runs_run SET
            status = 'running', epoch = epoch + 1, worker_id = p_worker,
            started_at = coalesce(started_at, now())
        WHERE id = run_id AND status = 'queued' RETURNING epoch, attempt INTO run_epoch, v_attempt;
        -- Cancelled or swept since it was chosen.
        CONTINUE WHEN NOT FOUND;
        run_suspect := runs.is_suspect(v_attempt);
        v_suspects := v_suspects + run_suspect::int;
        run_events := runs.append_events(run_id, jsonb_build_array(jsonb_build_object(
            'type', 'run.started',
            'data', jsonb_build_object('worker', v_name, 'attempt', v_attempt)
        )));
        RETURN NEXT;
    END LOOP;
END $$;

-- The runs that a worker executes.
-- Called from: Python, with each heartbeat; claim.
CREATE FUNCTION runs.executing(p_worker uuid)
RETURNS TABLE (run_id uuid, run_epoch int, run_status text, run_suspect boolean)
LANGUAGE sql STABLE AS $$
    SELECT r.id, r.epoch, r.status, runs.is_suspect(r.attempt) FROM runs_run r
    WHERE r.worker_id = p_worker AND r.status IN ('running', 'cancelling')
$$;

-- Take one run from a worker whose lease is over; or deal with one that waits: past its deadline it
-- concludes, or fails where it has bought nothing; where no other run's end can bring its money back, it
-- asks for more, or fails; where the budgets have room again, it goes on. Called until it returns
-- nothing: one run a transaction, since the budget windows of several runs would be locked in no order.
-- Called from: Python.
-- Locks: the sweep lock, worker rows, then the run row, windows, holds, steps, daily sums.
-- Outcomes: one row, or none: nothing is left to do, or another worker sweeps.
CREATE FUNCTION runs.sweep() RETURNS TABLE (run_id uuid, run_events jsonb) LANGUAGE plpgsql AS $$
DECLARE
    v_payer billing.payer;
    v_needs numeric;
    v_concludes boolean;
BEGIN
    IF NOT pg_try_advisory_xact_lock(billing.lock_number('sweep')) THEN
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
        run_events := runs.requeue(run_id, 'worker_lost', NULL);
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
            run_events := runs.conclude(run_id);
        ELSE
            run_events := runs.end_early(run_id, 'failed', 'deadline', '{"code": "deadline"}');
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
        SELECT min(a.unspent) AS unspent FROM billing.available_budgets(
            (payer.owner_id, payer.api_token_id, payer.simulated)
        ) a
    ) tightest
    JOIN runs_run r ON r.owner_id = payer.owner_id AND r.simulated = payer.simulated
        AND r.api_token_id IS NOT DISTINCT FROM payer.api_token_id
    WHERE r.status = 'queued' AND r.needs_usd > tightest.unspent
    LIMIT 1 FOR UPDATE OF r SKIP LOCKED;
    IF FOUND THEN
        SELECT owner_id, api_token_id, simulated INTO v_payer FROM runs_run WHERE id = run_id;
        IF runs.asks(run_id) THEN
            run_events := runs.await_funds(run_id, v_needs);
        ELSE
            run_events := runs.end_early(
                run_id, 'failed', 'budget',
                billing.refusal(v_payer, v_needs) - 'budget' || '{"code": "budget_exceeded"}'
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
        SELECT min(a.unspent) AS unspent FROM billing.available_budgets(
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
        run_events := runs.resume(run_id, 'room_again', '{}');
        RETURN NEXT;
    END IF;
END $$;

-- Let runs that wait for money back into the queue, the oldest first, while there is enough for them
-- and for all that were let in before. A budget that has too little for a run is closed to the later
-- ones; the site's budget only where it alone is short and the run needs no more of it than one run
-- may keep from others. A run that finds too little after all waits again.
-- Called from: claim, which holds the claim lock.
CREATE FUNCTION runs.admit_waiting(p_limit int) RETURNS void LANGUAGE plpgsql AS $$
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
            FROM billing.available_budgets((v_run.owner_id, v_run.api_token_id, v_run.simulated))
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
CREATE FUNCTION runs.next_queued(p_user_cap int, p_suspects boolean) RETURNS uuid
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
            AND (p_suspects OR NOT runs.is_suspect(r.attempt))
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
CREATE FUNCTION runs.older_run_waits(p_run uuid, p_payer billing.payer, p_amount numeric)
RETURNS boolean LANGUAGE sql STABLE AS $$
    WITH older AS (
        SELECT owner_id, api_token_id, max(needs_usd) AS needs FROM runs_run
        WHERE status = 'queued' AND needs_usd IS NOT NULL AND simulated = (p_payer).simulated
            AND id < p_run AND deadline_at > now()
        GROUP BY owner_id, api_token_id
    ), mine AS MATERIALIZED (
        SELECT array_agg(budget) AS budgets FROM billing.available_budgets(p_payer)
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
            FROM billing.available_budgets((o.owner_id, o.api_token_id, (p_payer).simulated)) a
        ) blocked_by
        WHERE blocked_by.shared AND NOT blocked_by.own
    )
$$;
