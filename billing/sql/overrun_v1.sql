-- A call cost more than was held for it. When its input was more than its bound by `p_ratio`, more is
-- held for this model from now on, at most twice as much at a time; one that wrote far past its cap is
-- not called under a hard limit. `p_safety` is the factor that was in force.
CREATE FUNCTION billing_overrun_v1(
    p_provider text, p_model text, p_safety numeric, p_ratio numeric, p_ignored boolean
) RETURNS void LANGUAGE sql AS $$
    INSERT INTO billing_modelsafety AS s (provider, model, factor, ignores_cap, overruns)
    VALUES (p_provider, p_model, least(
        100, round(p_safety * CASE WHEN p_ratio > 1 THEN least(2, p_ratio * 1.1) ELSE 1 END, 4)
    ), p_ignored, 1)
    ON CONFLICT ON CONSTRAINT safety_unique DO UPDATE SET
        factor = greatest(s.factor, excluded.factor),
        ignores_cap = s.ignores_cap OR excluded.ignores_cap,
        overruns = s.overruns + 1,
        last_at = now()
$$;
