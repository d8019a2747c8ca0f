-- What a run's error says when it could not be paid for; `p_refusal` has the figures.
CREATE FUNCTION runs_budget_error_v1(p_refusal jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT p_refusal || jsonb_build_object(
        'code', 'budget_exceeded',
        'message', CASE p_refusal ->> 'scope'
            WHEN 'run' THEN format(
                'Its own limit of $%s is too low: its first and its last call may cost $%s.',
                p_refusal ->> 'limit_usd', p_refusal ->> 'requested_usd'
            )
            ELSE format(
                'The %s budget%s has no room for its first and its last call, which may cost $%s: '
                'of $%s, $%s is settled and $%s held.',
                CASE p_refusal ->> 'scope'
                    WHEN 'token' THEN 'API token'
                    ELSE p_refusal ->> 'scope'
                END,
                CASE p_refusal ->> 'window'
                    WHEN 'day' THEN ' of today'
                    WHEN 'month' THEN ' of this month'
                    ELSE ''
                END,
                p_refusal ->> 'requested_usd', p_refusal ->> 'limit_usd',
                p_refusal ->> 'settled_usd', p_refusal ->> 'held_usd'
            )
        END
    )
$$;
