"""App configuration."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Template filters and the shape of every page's and API's answers."""

    name = "web"
