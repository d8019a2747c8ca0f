import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

# A new run waits for whoever pulls a switch (7302004 is `KILL_SWITCH_LOCK`), and is then refused
# with `STOPPED_SQLSTATE`. Each statement of the function sees what is committed as it begins.
REFUSE = """
    CREATE FUNCTION runs_is_stopped(p_owner bigint, p_token uuid, p_pattern text) RETURNS boolean
    LANGUAGE sql STABLE AS $$
        SELECT EXISTS (
            SELECT FROM runs_killswitch k
            WHERE k.lifted_at IS NULL AND CASE k.scope
                WHEN 'site' THEN true
                WHEN 'user' THEN k.user_id = p_owner
                WHEN 'token' THEN k.api_token_id = p_token
                WHEN 'pattern' THEN k.pattern = p_pattern
            END
        )
    $$;

    CREATE FUNCTION runs_refuse_stopped() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_advisory_xact_lock_shared(7302004);
        IF runs_is_stopped(NEW.owner_id, NEW.api_token_id, NEW.pattern) THEN
            RAISE EXCEPTION 'a kill switch is pulled' USING ERRCODE = 'KS001';
        END IF;
        RETURN NEW;
    END $$;

    CREATE TRIGGER kill_switch_refuses_runs BEFORE INSERT ON runs_run
    FOR EACH ROW EXECUTE FUNCTION runs_refuse_stopped();
"""
# A claim passes over the run, as over one that was cancelled a moment ago.
LEAVE = """
    CREATE FUNCTION runs_leave_stopped() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF runs_is_stopped(NEW.owner_id, NEW.api_token_id, NEW.pattern) THEN
            RETURN NULL;
        END IF;
        RETURN NEW;
    END $$;

    CREATE TRIGGER kill_switch_keeps_from_workers BEFORE UPDATE OF status ON runs_run
    FOR EACH ROW WHEN (OLD.status = 'queued' AND NEW.status = 'running')
    EXECUTE FUNCTION runs_leave_stopped();
"""
GONE = """
    DROP TRIGGER kill_switch_keeps_from_workers ON runs_run;
    DROP TRIGGER kill_switch_refuses_runs ON runs_run;
    DROP FUNCTION runs_leave_stopped();
    DROP FUNCTION runs_refuse_stopped();
    DROP FUNCTION runs_is_stopped(bigint, uuid, text);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_security"),
        ("runs", "0019_alerts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="KillSwitch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "scope",
                    models.CharField(
                        choices=[
                            ("site", "Site"),
                            ("user", "User"),
                            ("token", "API token"),
                            ("pattern", "Pattern"),
                        ],
                        max_length=7,
                    ),
                ),
                ("pattern", models.CharField(blank=True, db_default="", max_length=40)),
                (
                    "reason",
                    models.CharField(help_text="Whoever is refused reads it.", max_length=300),
                ),
                (
                    "pulled_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "stopped_at",
                    models.DateTimeField(
                        help_text="When all runs that it names had been told to end", null=True
                    ),
                ),
                ("lifted_at", models.DateTimeField(null=True)),
                (
                    "api_token",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.apitoken",
                    ),
                ),
                (
                    "lifted_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "pulled_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "kill switches",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="StoppedCall",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("run_id", models.UUIDField()),
                ("hold_id", models.BigIntegerField()),
                ("held_usd", models.DecimalField(decimal_places=12, max_digits=20)),
                ("simulated", models.BooleanField()),
                (
                    "switch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="calls",
                        to="runs.killswitch",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="StoppedRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("run_id", models.UUIDField()),
                ("status", models.CharField(max_length=17)),
                (
                    "switch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="runs",
                        to="runs.killswitch",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddConstraint(
            model_name="killswitch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("api_token", None), ("pattern", ""), ("scope", "site"), ("user", None)
                    ),
                    models.Q(
                        ("api_token", None),
                        ("pattern", ""),
                        ("scope", "user"),
                        ("user__isnull", False),
                    ),
                    models.Q(
                        ("api_token__isnull", False),
                        ("pattern", ""),
                        ("scope", "token"),
                        ("user", None),
                    ),
                    models.Q(
                        ("api_token", None),
                        ("scope", "pattern"),
                        ("user", None),
                        models.Q(("pattern", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="killswitch_scope_names_its_target",
            ),
        ),
        migrations.AddConstraint(
            model_name="killswitch",
            constraint=models.UniqueConstraint(
                condition=models.Q(("lifted_at", None)),
                fields=("scope", "user", "api_token", "pattern"),
                name="killswitch_once_at_a_time",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="stoppedcall",
            constraint=models.UniqueConstraint(
                fields=("switch", "hold_id"), name="stoppedcall_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="stoppedrun",
            constraint=models.UniqueConstraint(fields=("switch", "run_id"), name="stoppedrun_once"),
        ),
        migrations.RunSQL(REFUSE + LEAVE, GONE),
    ]
