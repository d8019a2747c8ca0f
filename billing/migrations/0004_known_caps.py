"""The ledger's lines are looked at, and models that were paid for before are known to keep their cap."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations

# A model whose answers were counted within their holds, and that never ignored its cap.
KNOWN = """
    INSERT INTO billing_modelsafety AS s (provider, model, keeps_cap, factor, ignores_cap, overruns)
    SELECT DISTINCT h.provider, h.model, true, 1, false, 0
    FROM billing_ledgerentry l JOIN billing_hold h ON h.id = l.hold_id
    WHERE l.confidence = 'exact' AND l.reverses_id IS NULL AND NOT l.simulated
        AND l.output_tokens BETWEEN 1 AND h.max_output_tokens
    ON CONFLICT ON CONSTRAINT safety_unique DO UPDATE SET keeps_cap = true
    WHERE NOT s.ignores_cap
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0003_cache_writes")]
    operations = [
        ValidateConstraint("ledgerentry", "ledger_amount_is_tokens_times_price"),
        migrations.RunSQL(KNOWN, migrations.RunSQL.noop),
    ]
