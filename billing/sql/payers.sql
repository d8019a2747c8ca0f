-- The one rule of who pays: whether a budget counts what this payer is charged. A budget names a
-- user, an API token, or neither: then it is the site's. PostgreSQL puts the expression in place of
-- the call, so that an index on the owner or the token serves it.
-- Called from: everything that asks which budgets count a charge, or which charges a budget counts.
CREATE FUNCTION billing.counts(p_user bigint, p_api_token uuid, p_payer billing.payer) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT (p_user IS NULL OR p_user = (p_payer).owner_id)
        AND (p_api_token IS NULL OR p_api_token = (p_payer).api_token_id)
$$;

-- The budgets that count what this payer is charged, by id.
-- Called from: open_windows, available_budgets.
CREATE FUNCTION billing.budgets_of(p_payer billing.payer)
RETURNS TABLE (id uuid, scope text, period text, timezone text, hard boolean, limit_usd numeric)
LANGUAGE sql STABLE AS $$
    SELECT b.id, b.scope, b.period, b.timezone, b.hard, b.limit_usd FROM billing_budget b
    WHERE billing.counts(b.user_id, b.api_token_id, p_payer)
    ORDER BY b.id
$$;
