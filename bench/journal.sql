-- What the runs of ledger.sql kept as they went: of each, its steps with their answers, and its events.
SET session_replication_role = replica;
SET work_mem = '256MB';

INSERT INTO runs_step (
    run_id, key, attempt, kind, label, status, digest, request, response, hold_id, input_tokens,
    cached_input_tokens, output_tokens, cost_usd, started_at, finished_at, duration_ms
)
SELECT
    run_id, step_key, attempt, 'llm', 'Think', 'done', repeat('0', 64), '{"messages": []}',
    jsonb_build_object('content', repeat('Six times seven is forty-two. ', 8)), hold_id,
    fresh_input_tokens + cached_input_tokens, cached_input_tokens, output_tokens, amount, held_at,
    charged_at, 2000
FROM billing_ledgerentry
WHERE reverses_id IS NULL
ON CONFLICT ON CONSTRAINT step_unique DO NOTHING;

-- Twelve events each: queued, started, two a call, finished.
INSERT INTO runs_runevent (run_id, seq, type, at, data)
SELECT
    r.id, seq,
    CASE
        WHEN seq = 1 THEN 'run.queued'
        WHEN seq = 12 THEN 'run.finished'
        WHEN mod(seq, 2) = 0 THEN 'step.started'
        ELSE 'step.finished'
    END,
    r.created_at + seq * interval '1.5 s',
    jsonb_build_object(
        'key', format('react/t%%s/think', seq / 2), 'attempt', 1, 'label', 'Think',
        'preview', repeat('Six times seven ', 6)
    )
FROM runs_run r CROSS JOIN generate_series(1, 12) AS seq
ORDER BY r.id, seq;
UPDATE runs_run SET last_seq = 12 WHERE finished_at IS NULL;
