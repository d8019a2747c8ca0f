-- The advisory lock that money functions share and that the creation of a budget takes alone.
CREATE FUNCTION billing_budget_lock_v1() RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 7302002::bigint';
