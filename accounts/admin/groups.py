"""Groups: the rights of people who do the same work."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group

from web.admin import SiteAdmin

admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, SiteAdmin):  # type: ignore[misc]
    """Which rights a group gives. Whoever may change it could give rights to themselves."""

    empty_text = "A group gives its members rights in the admin: “Support”, for example."
    search_help_text = "A group’s name"
    compressed_fields = False
