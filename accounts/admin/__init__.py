"""Users, groups, API tokens and the audit log in the admin."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin

import accounts.admin.audit_log
import accounts.admin.groups
import accounts.admin.tokens
import accounts.admin.users  # noqa: F401 - they register themselves

# An address is changed on its user; beside it, django-allauth's copy would only disagree.
admin.site.unregister(EmailAddress)
# Its secrets are nothing to look at; staff take factors away on the user.
admin.site.unregister(Authenticator)
