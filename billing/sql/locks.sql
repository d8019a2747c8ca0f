-- All advisory locks, by name. Sets that work side by side meet on them: a number never changes.
--   budgets: shared by all that moves money, taken alone by whoever sets a budget
--   claim: one worker at a time takes runs from the queue
--   sweep: one worker at a time takes runs from dead workers
-- Called from: every function that takes one of them.
CREATE FUNCTION billing.lock_number(p_name text) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE p_name WHEN 'sweep' THEN 7302001 WHEN 'budgets' THEN 7302002 WHEN 'claim' THEN 7302003 END
$$;

-- Wait until no money moves, and keep it so until the transaction ends.
-- Called from: Python, before a budget is set, changed or deleted.
-- Locks: the budgets lock, alone.
CREATE FUNCTION billing.lock_budgets() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(billing.lock_number('budgets'));
END $$;

-- Keep budgets from being set while this transaction moves money.
-- Called from: hold, settle, lock_windows; runs.hold_call.
-- Locks: the budgets lock, shared.
CREATE FUNCTION billing.share_budgets() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(billing.lock_number('budgets'));
END $$;
