-- Who pays for a call: its owner, the API token that submitted its run (null: none), and whether its
-- dollars are simulated.
CREATE TYPE billing.payer AS (owner_id bigint, api_token_id uuid, simulated boolean);
