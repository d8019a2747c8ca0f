from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import migrations, models

from accounts.addresses import normal_address
from accounts.fields import AddressField


def normalise(apps, schema_editor):
    """Store each address in its normal form. Who only looks like someone else is switched off."""
    User = apps.get_model("accounts", "User")
    emails = dict(User.objects.values_list("pk", "email"))
    taken = set(emails.values())
    for pk, email in emails.items():
        try:
            normal = normal_address(email)
        except ValidationError:
            normal = None
        if normal == email:
            continue
        if normal is None or normal in taken:
            rows = User.objects.filter(pk=pk)
            rows.update(email=f"user{pk}@look-alike.invalid", is_active=False)
        else:
            taken.add(normal)
            User.objects.filter(pk=pk).update(email=normal)


def vouch(apps, schema_editor):
    """Staff, and those whom staff made, count as verified; sign-ups have a row of allauth's."""
    User = apps.get_model("accounts", "User")
    EmailAddress = apps.get_model("account", "EmailAddress")
    unproven = EmailAddress.objects.filter(verified=False).values("user_id")
    made_by_staff = User.objects.exclude(pk__in=unproven) | User.objects.filter(is_staff=True)
    made_by_staff.update(verified_at=models.F("date_joined"))


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_token_revoked_at"),
        ("account", "0001_initial"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="user", name="user_email_ci"),
        migrations.AddField(
            model_name="user",
            name="verified_at",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="address verified"
            ),
        ),
        migrations.AlterField(
            model_name="apitoken",
            name="scopes",
            field=ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("runs:read", "Read runs"),
                        ("runs:write", "Submit and cancel runs"),
                        ("usage:read", "Read usage"),
                        ("admin", "Administer the site"),
                    ],
                    max_length=20,
                ),
                size=None,
            ),
        ),
        migrations.RunPython(normalise, migrations.RunPython.noop, elidable=True),
        migrations.RunPython(vouch, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            model_name="user",
            name="email",
            field=AddressField(max_length=254, unique=True, verbose_name="email address"),
        ),
    ]
