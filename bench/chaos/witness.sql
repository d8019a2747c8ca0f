-- What the witness adds to its private database: every state of every budget window, and the
-- circumstances of every answer but "held" to a request for money. Nothing of the site reads it.
CREATE TABLE chaos_window (
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    window_id bigint NOT NULL,
    limit_usd numeric NOT NULL,
    settled_usd numeric NOT NULL,
    held_usd numeric NOT NULL
);
CREATE FUNCTION chaos_note_window() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO chaos_window (window_id, limit_usd, settled_usd, held_usd)
    VALUES (new.id, new.limit_usd, new.settled_usd, new.held_usd);
    RETURN NULL;
END $$;
CREATE TRIGGER chaos_note_window AFTER INSERT OR UPDATE ON billing_budgetwindow
FOR EACH ROW EXECUTE FUNCTION chaos_note_window();

CREATE TABLE chaos_refusal (
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    run_id uuid NOT NULL,
    step_key text NOT NULL,
    outcome text NOT NULL,
    needs_usd numeric NOT NULL,
    run_free_usd numeric,
    window_id bigint,
    free_usd numeric,
    pending_usd numeric,
    tickets bigint NOT NULL
);
-- In a schema of its own the function keeps its name, by which it refers to its own results.
CREATE SCHEMA chaos;
ALTER FUNCTION billing.hold SET SCHEMA chaos;
CREATE FUNCTION billing.hold(
    p_payer billing.payer, p_run uuid, p_key text, p_attempt int, p_kind text, p_state text,
    p_pattern text, p_provider text, p_bound jsonb, p_run_available numeric,
    p_run_after_pending numeric, p_keep_free numeric,
    OUT outcome text, OUT hold_id bigint, OUT amount numeric, OUT output_tokens bigint,
    OUT refusal jsonb
) LANGUAGE plpgsql AS $$
DECLARE
    v_tightest record;
BEGIN
    SELECT * INTO outcome, hold_id, amount, output_tokens, refusal FROM chaos.hold(
        p_payer, p_run, p_key, p_attempt, p_kind, p_state, p_pattern, p_provider, p_bound,
        p_run_available, p_run_after_pending, p_keep_free
    );
    IF outcome NOT IN ('waiting', 'exhausted') THEN
        RETURN;
    END IF;
    SELECT w.id, w.limit_usd - w.settled_usd - w.held_usd AS free, (
        SELECT coalesce(sum(h.amount), 0) FROM billing_hold h
        WHERE h.state = 'dispatched' AND w.id = ANY (h.window_ids)
    ) AS pending
    INTO v_tightest
    FROM billing_budgetwindow w JOIN billing_budget b ON b.id = w.budget_id
    WHERE b.hard AND w.simulated = (p_payer).simulated
        AND w.starts_at <= now() AND (w.ends_at IS NULL OR w.ends_at > now())
        AND billing.counts(b.user_id, b.api_token_id, p_payer)
    ORDER BY free LIMIT 1;
    INSERT INTO chaos_refusal (
        run_id, step_key, outcome, needs_usd, run_free_usd, window_id, free_usd, pending_usd, tickets
    ) VALUES (
        p_run, p_key, outcome,
        p_keep_free + billing.min_cost(p_bound),
        p_run_available, v_tightest.id, v_tightest.free, v_tightest.pending,
        (SELECT count(*) FROM billing_hold h WHERE h.state = 'waiting' AND h.run_id <> p_run)
    );
END $$;
