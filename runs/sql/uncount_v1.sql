-- Take the tokens of a superseded ledger line out of the run's totals. The caller holds the run row's
-- lock.
CREATE FUNCTION runs_uncount_v1(p_run uuid, p_line jsonb) RETURNS void LANGUAGE sql AS $$
    UPDATE runs_run SET
        input_tokens = input_tokens - (p_line ->> 'fresh_input_tokens')::bigint
            - (p_line ->> 'cached_input_tokens')::bigint,
        cached_input_tokens = cached_input_tokens - (p_line ->> 'cached_input_tokens')::bigint,
        output_tokens = output_tokens - (p_line ->> 'output_tokens')::bigint,
        reasoning_tokens = reasoning_tokens - (p_line ->> 'reasoning_tokens')::bigint
    WHERE id = p_run
$$;
