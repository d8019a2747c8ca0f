-- Whether a queued run that waits for money can be begun: yes | not_yet | never
-- Started runs come first: while one waits for money of the same windows, none is begun.
CREATE FUNCTION runs_fundable_v1(
    p_run uuid, p_owner bigint, p_api_token uuid, p_simulated boolean, p_needs numeric
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_windows bigint[];
    v_room record;
BEGIN
    IF p_needs IS NULL THEN
        RETURN 'yes';
    END IF;
    v_windows := billing_windows_v1(p_owner, p_api_token, p_simulated);
    v_room := billing_room_v1(v_windows);
    RETURN CASE
        WHEN v_room.later < p_needs THEN 'never'
        WHEN v_room.free < p_needs THEN 'not_yet'
        WHEN billing_others_wait_v1(p_run, v_windows, NULL, v_room.free) THEN 'not_yet'
        ELSE 'yes'
    END;
END $$;
