from django.db import migrations, models

SAVED = """
    CASE WHEN route ->> 'saves' = 'true' THEN (
        (input_tokens - cached_input_tokens) * (route -> 'other' ->> 'input_usd')::numeric
        + cached_input_tokens * (route -> 'other' ->> 'cached_input_usd')::numeric
        + output_tokens * (route -> 'other' ->> 'output_usd')::numeric
    ) / 1000000 - (cost_usd - in_doubt_usd) END
"""


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0007_result_cache"),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="route",
            field=models.JSONField(
                help_text="Where auto chose: the kind of task, and the price not paid", null=True
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="routing_saved_usd",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func(
                    "route",
                    "input_tokens",
                    "cached_input_tokens",
                    "output_tokens",
                    "cost_usd",
                    "in_doubt_usd",
                    template=SAVED,
                ),
                help_text="What its tokens would have cost at the stronger model, less what they cost",
                output_field=models.DecimalField(decimal_places=12, max_digits=40),
            ),
        ),
        migrations.RemoveIndex(model_name="run", name="run_owner_submitted"),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                fields=["owner", "created_at"],
                include=("simulated", "chosen_model", "pattern", "saved_usd", "routing_saved_usd"),
                name="run_owner_submitted",
            ),
        ),
    ]
