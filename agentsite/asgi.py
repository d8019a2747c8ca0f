"""ASGI entry point: pages, API and WebSockets; static files where nothing in front serves them."""

import os

from django.core.asgi import get_asgi_application

from agentsite.env import env
from agentsite.static import CollectedStaticFiles

os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"agentsite.settings.{env().environment}")
http = CollectedStaticFiles(get_asgi_application())

# These import models, which are there only now that Django is set up.
from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter

from runs.routing import websocket_urlpatterns

application = ProtocolTypeRouter(
    {"http": http, "websocket": AuthMiddlewareStack(URLRouter(websocket_urlpatterns))}
)
