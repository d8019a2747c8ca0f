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
    flying_usd numeric,
    tickets bigint NOT NULL
);
-- In a schema of its own the function keeps its name, by which it refers to its own results.
CREATE SCHEMA chaos;
ALTER FUNCTION billing_hold_v1 SET SCHEMA chaos;
CREATE FUNCTION public.billing_hold_v1(
    p_owner bigint, p_api_token uuid, p_run uuid, p_key text, p_attempt int, p_kind text,
    p_state text, p_pattern text, p_provider text, p_simulated boolean, p_bound jsonb,
    p_free numeric, p_soon numeric, p_spare numeric,
    OUT outcome text, OUT hold_id bigint, OUT amount numeric, OUT output_tokens bigint,
    OUT refusal jsonb
) LANGUAGE plpgsql AS $$
DECLARE
    v_tightest record;
BEGIN
    SELECT * INTO outcome, hold_id, amount, output_tokens, refusal FROM chaos.billing_hold_v1(
        p_owner, p_api_token, p_run, p_key, p_attempt, p_kind, p_state, p_pattern, p_provider,
        p_simulated, p_bound, p_free, p_soon, p_spare
    );
    IF outcome NOT IN ('waiting', 'exhausted') THEN
        RETURN;
    END IF;
    SELECT w.id, w.limit_usd - w.settled_usd - w.held_usd AS free, (
        SELECT coalesce(sum(h.amount), 0) FROM billing_hold h
        WHERE h.state = 'dispatched' AND w.id = ANY (h.window_ids)
    ) AS flying
    INTO v_tightest
    FROM billing_budgetwindow w JOIN billing_budget b ON b.id = w.budget_id
    WHERE b.hard AND w.simulated = p_simulated
        AND w.starts_at <= now() AND (w.ends_at IS NULL OR w.ends_at > now())
        AND (b.scope = 'site' OR b.user_id = p_owner OR b.api_token_id = p_api_token)
    ORDER BY free LIMIT 1;
    INSERT INTO chaos_refusal (
        run_id, step_key, outcome, needs_usd, run_free_usd, window_id, free_usd, flying_usd, tickets
    ) VALUES (
        p_run, p_key, outcome,
        p_spare + 0.000001 * (
            (p_bound ->> 'max_input_tokens')::bigint * (p_bound ->> 'input_price')::numeric
            + least(
                (p_bound ->> 'max_output_tokens')::bigint,
                (p_bound ->> 'min_output_tokens')::bigint
            ) * (p_bound ->> 'output_price')::numeric
        ),
        p_free, v_tightest.id, v_tightest.free, v_tightest.flying,
        (SELECT count(*) FROM billing_hold h WHERE h.state = 'waiting' AND h.run_id <> p_run)
    );
END $$;
