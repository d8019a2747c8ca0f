-- Let runs that wait for money back into the queue, the oldest first, while there is enough for them
-- and for all that were let in before. A budget that is too small for one is closed to later ones: the
-- site's only by those who wait for no budget of their own, and who need no more than they may keep.
-- The caller holds the claim's lock. A run that finds too little after all waits again.
CREATE FUNCTION runs_serve_v1(p_limit int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_run record;
    v_room record;
    v_line text;
    v_names text[];
    v_short text[];
    v_fits boolean;
    -- By kind of dollars and budget: what those who were let in need, infinite once it is closed.
    v_taken jsonb := '{}';
    v_closed text[] := '{}';
    v_served int := 0;
BEGIN
    FOR v_run IN
        SELECT id, owner_id, api_token_id, simulated, needs_usd FROM runs_run
        WHERE status = 'queued' AND needs_usd IS NOT NULL AND deadline_at > now() ORDER BY id
    LOOP
        v_line := concat_ws(' ', v_run.simulated, v_run.owner_id, v_run.api_token_id);
        CONTINUE WHEN v_line = ANY (v_closed);
        v_names := '{}';
        v_short := '{}';
        v_fits := true;
        FOR v_room IN
            SELECT concat_ws(' ', v_run.simulated, budget) AS name, site, free, most
            FROM billing_rooms_v1(v_run.owner_id, v_run.api_token_id, v_run.simulated)
            ORDER BY site
        LOOP
            v_names := v_names || v_room.name;
            CONTINUE WHEN v_run.needs_usd
                <= v_room.free - coalesce((v_taken ->> v_room.name)::numeric, 0);
            v_fits := false;
            IF NOT v_room.site OR (v_short = '{}' AND v_run.needs_usd <= v_room.most) THEN
                v_short := v_short || v_room.name;
            END IF;
        END LOOP;
        IF v_fits THEN
            UPDATE runs_run SET needs_usd = NULL WHERE id = v_run.id AND status = 'queued';
            v_served := v_served + 1;
        ELSIF v_short <> '{}' THEN
            v_closed := v_closed || v_line;
        END IF;
        SELECT v_taken || coalesce(jsonb_object_agg(name, CASE
            WHEN v_fits THEN coalesce((v_taken ->> name)::numeric, 0) + v_run.needs_usd
            ELSE 'Infinity'
        END), '{}') INTO v_taken
        FROM unnest(CASE WHEN v_fits THEN v_names ELSE v_short END) AS name;
        EXIT WHEN v_served = p_limit;
    END LOOP;
END $$;
