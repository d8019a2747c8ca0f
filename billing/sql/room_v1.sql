-- How much may be held in these windows now (`free`), and how much once all that is held comes
-- back (`later`); null is without limit. `tightest` is the hard window with the least room.
-- Locks the windows, by id, when `p_lock`.
CREATE FUNCTION billing_room_v1(
    p_windows bigint[], p_lock boolean,
    OUT free numeric, OUT later numeric, OUT tightest bigint
) LANGUAGE plpgsql AS $$
DECLARE
    v_window record;
BEGIN
    IF p_windows = '{}' THEN
        RETURN;
    END IF;
    IF p_lock THEN
        PERFORM 1 FROM billing_budgetwindow WHERE id = ANY (p_windows) ORDER BY id FOR UPDATE;
    END IF;
    FOR v_window IN
        SELECT w.id, w.limit_usd - w.settled_usd AS unspent, w.held_usd AS held
        FROM billing_budgetwindow w JOIN billing_budget b ON b.id = w.budget_id
        WHERE w.id = ANY (p_windows) AND b.hard
    LOOP
        IF free IS NULL OR v_window.unspent - v_window.held < free THEN
            free := v_window.unspent - v_window.held;
            tightest := v_window.id;
        END IF;
        later := least(later, v_window.unspent);
    END LOOP;
END $$;
