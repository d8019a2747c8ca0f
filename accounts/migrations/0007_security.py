import django.core.serializers.json
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import web.ids

# An act stays on record whoever would rather not have done it.
APPEND_ONLY = """
    CREATE FUNCTION accounts_audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the audit log is append-only'
            USING ERRCODE = 'integrity_constraint_violation';
    END $$;

    CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE ON accounts_auditentry
    FOR EACH ROW EXECUTE FUNCTION accounts_audit_is_append_only();
"""
GONE = """
    DROP TRIGGER audit_is_append_only ON accounts_auditentry;
    DROP FUNCTION accounts_audit_is_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_token_speaks_for_users"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("action", models.CharField(help_text="One of `Action`", max_length=40)),
                (
                    "actor_id",
                    models.BigIntegerField(
                        help_text="Who did it; null: nobody signed in", null=True
                    ),
                ),
                (
                    "user_id",
                    models.BigIntegerField(help_text="Whose account it is about", null=True),
                ),
                (
                    "token_id",
                    models.UUIDField(
                        help_text="The API token that the request came with", null=True
                    ),
                ),
                (
                    "via",
                    models.CharField(
                        choices=[
                            ("browser", "browser"),
                            ("token", "API token"),
                            ("jwt", "JWT"),
                            ("command", "command line"),
                        ],
                        max_length=10,
                    ),
                ),
                ("address", models.GenericIPAddressField(null=True)),
                (
                    "device",
                    models.CharField(
                        blank=True, help_text="What the browser said it is", max_length=200
                    ),
                ),
                (
                    "about",
                    models.CharField(blank=True, help_text="The kind of thing", max_length=40),
                ),
                ("about_id", models.CharField(blank=True, max_length=64)),
                (
                    "before",
                    models.JSONField(
                        encoder=django.core.serializers.json.DjangoJSONEncoder, null=True
                    ),
                ),
                (
                    "after",
                    models.JSONField(
                        encoder=django.core.serializers.json.DjangoJSONEncoder, null=True
                    ),
                ),
                ("request_id", models.CharField(blank=True, max_length=64)),
            ],
            options={
                "verbose_name_plural": "audit entries",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["user_id", "-id"], name="audit_user"),
                    models.Index(fields=["actor_id", "-id"], name="audit_actor"),
                    models.Index(fields=["action", "-id"], name="audit_action"),
                ],
            },
        ),
        migrations.AddField(
            model_name="user",
            name="mfa_since",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="second factor since"
            ),
        ),
        migrations.CreateModel(
            name="SignIn",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=web.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("session_key", models.CharField(max_length=40, unique=True)),
                ("address", models.GenericIPAddressField(null=True)),
                ("device", models.CharField(blank=True, max_length=200)),
                (
                    "signed_in_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "seen_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sign_ins",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-seen_at"],
            },
        ),
        migrations.RunSQL(APPEND_ONLY, GONE),
    ]
