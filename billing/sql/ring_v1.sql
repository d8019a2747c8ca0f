-- Money has come back to these windows: tell those who wait for it, if any do.
CREATE FUNCTION billing_ring_v1(p_windows bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF p_windows <> '{}' AND EXISTS (
        SELECT 1 FROM billing_hold WHERE state = 'waiting' AND window_ids && p_windows
    ) THEN
        PERFORM pg_notify('billing_freed', '');
    END IF;
END $$;
