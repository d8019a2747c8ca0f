-- A run that could not begin goes back to the queue; the claim passes it over until `p_needs` is
-- free. No attempt is used up. The caller holds the run row's lock.
CREATE FUNCTION runs_wait_v1(p_run uuid, p_needs numeric) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
    UPDATE runs_run SET
        status = 'queued', epoch = epoch + 1, worker_id = NULL, needs_usd = p_needs
    WHERE id = p_run;
    RETURN jsonb_build_object(
        'outcome', 'queued',
        'events', runs_append_v1(p_run, jsonb_build_array(jsonb_build_object(
            'type', 'notice', 'data', jsonb_build_object(
                'code', 'waiting_for_money',
                'message', 'Other runs hold the rest of the budget. It starts as soon as $'
                    || trim_scale(p_needs) || ' is free.'
            )
        )))
    );
END $$;
