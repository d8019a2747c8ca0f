"""A developer's settings, with the routes of this folder."""

from agentsite.settings.development import *  # noqa: F403

ROOT_URLCONF = "tests.browser.broken_site.routes"
