-- A year of a busy site, up to now: runs of five calls, with all that their money leaves.
-- Every 1,998th call was in doubt and got its exact usage later: 1,998,000 runs make ten million lines.
-- The rows fit together as they are made, so no foreign key is looked up.
SET session_replication_role = replica;
SET work_mem = '256MB';
SELECT setseed(0.5);

CREATE TEMP TABLE price AS
SELECT * FROM (VALUES
    (0, 'gpt-4.1-mini', 0.4, 0.1, 1.6), (1, 'gpt-4.1-nano', 0.1, 0.025, 0.4),
    (2, 'gpt-4.1', 2, 0.5, 8), (3, 'gpt-4o-mini', 0.15, 0.075, 0.6),
    (4, 'gpt-5-mini', 0.25, 0.025, 2), (5, 'gpt-5-nano', 0.05, 0.005, 0.4)
) AS p (price, model, input_price, cached_price, output_price);

-- The first of a thousand users made a fifth of all runs, the others the rest; user 50 is staff.
INSERT INTO accounts_user (
    id, email, name, password, is_active, is_staff, is_superuser, date_joined
)
SELECT number, format('user%%s@example.org', number), '', '!', true, number = 50, false, now()
FROM generate_series(1, 1000) AS number;
SELECT setval(pg_get_serial_sequence('accounts_user', 'id'), 1000);
INSERT INTO accounts_apitoken (id, user_id, name, prefix, digest, scopes, created_at)
VALUES (md5('token')::uuid, 1, 'bench', 'ags_bench0', 'none', '{}', now());
-- Each week had its worker.
INSERT INTO runs_worker (id, name, capacity, started_at, seen_at, expires_at, ended_at)
SELECT
    md5(week::text)::uuid, format('w%%s', week), 100, now(), now(), now() + interval '1 day',
    CASE WHEN week < 51 THEN now() - interval '1 day' END
FROM generate_series(0, 51) AS week;

-- Ids begin with their time, as the site's do.
CREATE TEMP TABLE draft AS
SELECT
    number, owner_id, pattern, simulated, p.*, at,
    CASE WHEN owner_id = 1 AND mod(number, 4) = 0 THEN md5('token')::uuid END AS token,
    concat(
        lpad(to_hex((1000 * extract(epoch FROM at))::bigint), 12, '0'),
        '70008', lpad(to_hex(number), 15, '0')
    )::uuid AS id
FROM (
    SELECT
        number,
        CASE WHEN random() < 0.2 THEN 1 ELSE 2 + floor(999 * random())::bigint END AS owner_id,
        (ARRAY['react', 'react', 'reflection', 'debate'])[1 + floor(4 * random())::int] AS pattern,
        random() < 0.05 AS simulated,
        floor(6 * random())::int AS price,
        now() - interval '1 hour' - (%(runs)s - number) * (interval '365 days' / %(runs)s) AS at
    FROM generate_series(1, %(runs)s) AS number
) AS chance JOIN price p USING (price)
ORDER BY number;
ANALYZE draft;

INSERT INTO billing_ledgerentry (
    id, hold_id, owner_id, api_token_id, run_id, step_key, attempt, pattern, model, provider,
    simulated, fresh_input_tokens, cached_input_tokens, output_tokens, reasoning_tokens,
    input_price, cached_input_price, output_price, price_source, amount, confidence, held_at,
    charged_at
)
SELECT
    call, call, owner_id, token, id, format('react/t%%s/think', turn), 1, pattern, model,
    'openai', simulated, fresh, cached, output, output / 4, input_price, cached_price,
    output_price, 'bench',
    (fresh * input_price + cached * cached_price + output * output_price) * 0.000001,
    CASE
        WHEN mod(call, 1998) = 0 OR mod(call, 19980) = 1 THEN 'in_doubt'
        WHEN mod(call, 100) = 3 THEN 'estimated'
        ELSE 'exact'
    END,
    at + turn * interval '3 s', at + turn * interval '3 s' + interval '2 s'
FROM (
    SELECT
        d.*, turn, 5 * (d.number - 1) + turn AS call,
        200 + floor(3000 * random())::bigint AS fresh, floor(2000 * random())::bigint AS cached,
        50 + floor(800 * random())::bigint AS output
    FROM draft d CROSS JOIN LATERAL generate_series(1, 5) AS turn
) AS bought;

-- The exact usage of a call that was in doubt: its line is reversed, and the call charged anew.
INSERT INTO billing_ledgerentry (
    id, hold_id, owner_id, api_token_id, run_id, step_key, attempt, pattern, model, provider,
    simulated, fresh_input_tokens, cached_input_tokens, output_tokens, reasoning_tokens,
    input_price, cached_input_price, output_price, price_source, amount, confidence, held_at,
    charged_at, reverses_id
)
SELECT
    5 * %(runs)s + row_number() OVER (ORDER BY l.id, sign), hold_id, owner_id, api_token_id,
    run_id, step_key, attempt, pattern, model, provider, simulated, sign * fresh_input_tokens,
    sign * cached_input_tokens, sign * output_tokens, sign * reasoning_tokens, input_price,
    cached_input_price, output_price, price_source, sign * amount,
    CASE sign WHEN 1 THEN 'exact' ELSE confidence END, held_at, charged_at + interval '1 hour',
    CASE sign WHEN -1 THEN l.id END
FROM billing_ledgerentry l CROSS JOIN (VALUES (-1), (1)) AS correction (sign)
WHERE confidence = 'in_doubt' AND mod(l.id, 1998) = 0;
SELECT setval(pg_get_serial_sequence('billing_ledgerentry', 'id'), max(id))
FROM billing_ledgerentry;

INSERT INTO billing_hold (
    id, owner_id, api_token_id, run_id, step_key, attempt, state, amount, max_input_tokens,
    max_output_tokens, pattern, model, provider, simulated, input_price, output_price,
    price_source, held_at, closed_at
)
SELECT
    id, owner_id, api_token_id, run_id, step_key, attempt,
    CASE WHEN mod(id, 19980) = 1 THEN 'in_doubt' ELSE 'settled' END, 2 * amount,
    2 * (fresh_input_tokens + cached_input_tokens), 2 * output_tokens, pattern, model, provider,
    simulated, input_price, output_price, price_source, held_at, charged_at
FROM billing_ledgerentry WHERE id <= 5 * %(runs)s;

INSERT INTO billing_usagerollup (
    day, owner_id, model, pattern, simulated, amount, runs, calls, fresh_input_tokens,
    cached_input_tokens, output_tokens, reasoning_tokens
)
SELECT
    (held_at AT TIME ZONE 'UTC')::date, owner_id, model, pattern, simulated, sum(amount),
    count(*) FILTER (WHERE mod(id, 5) = 1 AND id <= 5 * %(runs)s),  -- each run's first line
    sum(CASE WHEN reverses_id IS NULL THEN 1 ELSE -1 END), sum(fresh_input_tokens),
    sum(cached_input_tokens), sum(output_tokens), sum(reasoning_tokens)
FROM billing_ledgerentry GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2;

INSERT INTO billing_spendtally (owner_id, day, simulated, amount, runs, calls, folded)
SELECT owner_id, day, simulated, sum(amount), sum(runs), sum(calls), true
FROM billing_usagerollup GROUP BY 1, 2, 3 ORDER BY 2, 1;

CREATE TEMP TABLE bill AS
SELECT
    run_id AS id, min((held_at AT TIME ZONE 'UTC')::date) AS day, sum(amount) AS amount,
    coalesce(sum(amount) FILTER (WHERE confidence = 'in_doubt'), 0) AS in_doubt,
    coalesce(sum(amount) FILTER (WHERE confidence = 'estimated'), 0) AS estimated,
    sum(fresh_input_tokens + cached_input_tokens) AS input, sum(cached_input_tokens) AS cached,
    sum(output_tokens) AS output, sum(reasoning_tokens) AS reasoning
FROM billing_ledgerentry GROUP BY 1;

INSERT INTO billing_runrollup (run_id, owner_id, pattern, simulated, day, amount)
SELECT id, owner_id, pattern, simulated, day, amount
FROM bill JOIN draft USING (id) ORDER BY number;

-- A budget of a day for each user, as if it had been there all the year.
INSERT INTO billing_budget (id, scope, user_id, period, timezone, hard, limit_usd, created_at)
SELECT md5(id::text)::uuid, 'user', id, 'day', 'UTC', true, 1000, now() FROM accounts_user;
INSERT INTO billing_budgetwindow (
    budget_id, simulated, starts_at, ends_at, hard, limit_usd, settled_usd
)
SELECT
    b.id, kind.simulated, midnight, midnight + interval '1 day', true, limit_usd,
    coalesce(amount, 0)
FROM billing_budget b
CROSS JOIN (VALUES (false), (true)) AS kind (simulated)
CROSS JOIN generate_series(
    date_trunc('day', now() - interval '1 year'), now(), interval '1 day'
) AS midnight
LEFT JOIN (
    SELECT owner_id, simulated, day, sum(amount) AS amount
    FROM billing_usagerollup GROUP BY 1, 2, 3
) AS spent ON spent.owner_id = b.user_id
    AND spent.simulated = kind.simulated AND spent.day = midnight::date;

-- The newest hundred runs are still at it, and have money set aside.
INSERT INTO runs_run (
    id, owner_id, api_token_id, task, pattern, params, tools, model, chosen_model, routing_reason,
    provider, simulated, config, metadata, request_hash, status, worker_id, created_at,
    deadline_at, started_at, finished_at, answer, sources, warnings, input_tokens,
    cached_input_tokens, output_tokens, reasoning_tokens, llm_calls, cost_usd, held_usd,
    estimated_usd, in_doubt_usd, saved_usd
)
SELECT
    id, owner_id, token, format('What is six times %%s?', number), pattern, '{}', '[]', 'auto',
    model, '', 'openai', simulated, '{}', '{}', '', status,
    md5((52 * (number - 1) / %(runs)s)::text)::uuid, at, at + interval '1 hour', at,
    CASE WHEN status <> 'running' THEN at + interval '20 s' END,
    repeat('Six times seven is forty-two. ', 10), '[]', '[]', input, cached, output, reasoning, 5,
    amount, CASE status WHEN 'running' THEN 0.01 ELSE 0 END, estimated, in_doubt, amount / 4
FROM draft JOIN bill USING (id) CROSS JOIN LATERAL (
    SELECT CASE
        WHEN number > %(runs)s - 100 THEN 'running'
        WHEN mod(number, 20) = 0 THEN 'failed'
        ELSE 'succeeded'
    END AS status
) AS state
ORDER BY number;
INSERT INTO runs_ownertally (
    owner_id, day, simulated, pattern, model, chosen_model, status, runs, cost_usd, saved_usd,
    routing_saved_usd, folded
)
SELECT
    owner_id, (created_at AT TIME ZONE 'UTC')::date, simulated, pattern, model, chosen_model, status,
    count(*), sum(cost_usd), sum(saved_usd), 0, true
FROM runs_run WHERE finished_at IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2;
INSERT INTO billing_hold (
    id, owner_id, api_token_id, run_id, step_key, attempt, state, amount, max_input_tokens,
    max_output_tokens, pattern, model, provider, simulated, input_price, output_price,
    price_source, held_at, window_ids
)
SELECT
    5 * %(runs)s + row_number() OVER (), r.owner_id, r.api_token_id, r.id, 'react/t6/think', 1,
    'dispatched', r.held_usd, 4000, 1000, r.pattern, r.chosen_model, r.provider, r.simulated, 1, 6,
    'bench', now(), ARRAY[w.id]
FROM runs_run r
JOIN billing_budget b ON b.user_id = r.owner_id
JOIN billing_budgetwindow w ON w.budget_id = b.id AND w.simulated = r.simulated
    AND w.starts_at = date_trunc('day', now())
WHERE r.status = 'running';
UPDATE billing_budgetwindow w SET held_usd = h.amount
FROM (
    SELECT window_ids[1] AS id, sum(amount) AS amount
    FROM billing_hold WHERE state = 'dispatched' GROUP BY 1
) AS h WHERE h.id = w.id;
SELECT setval(pg_get_serial_sequence('billing_hold', 'id'), max(id)) FROM billing_hold;

-- Of the journal, what the pages show: the calls in doubt.
INSERT INTO runs_step (
    run_id, key, attempt, kind, label, status, digest, request, error, hold_id, confidence
)
SELECT
    run_id, step_key, attempt, 'llm', 'Think', 'in_doubt', '', '{}',
    '{"message": "The connection ended before the answer did."}', hold_id, confidence
FROM billing_ledgerentry WHERE confidence = 'in_doubt' AND reverses_id IS NULL;
