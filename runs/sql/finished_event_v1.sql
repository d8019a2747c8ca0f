-- The last event of a run, made from its row.
CREATE FUNCTION runs_finished_event_v1(p_run uuid) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('type', 'run.finished', 'data', jsonb_build_object(
        'status', status,
        'answer', answer,
        'answer_kind', answer_kind,
        'stop_reason', stop_reason,
        'error', error,
        'cost_usd', trim_scale(cost_usd)::text,
        'in_doubt_usd', trim_scale(in_doubt_usd)::text
    ))
    FROM runs_run WHERE id = p_run
$$;
