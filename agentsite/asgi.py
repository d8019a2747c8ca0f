"""ASGI entry point: pages, API and WebSockets; static files where nothing in front serves them."""

import os

from django.core.asgi import get_asgi_application

from agentsite.env import env
from agentsite.static import CollectedStaticFiles

os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"agentsite.settings.{env().environment}")
# libpq reads it: no request keeps a connection for longer. Workers and commands have no such cap.
os.environ.setdefault("PGOPTIONS", "-c statement_timeout=15s")
http = CollectedStaticFiles(get_asgi_application())

# These import models, which are there only now that Django is set up.
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.sessions import CookieMiddleware

from agentsite import urls  # noqa: F401  # Else the first request would wait for them.
from agentsite.mcp_server.door import with_mcp
from runs.intake.door import lean_door
from runs.routing import websocket_urlpatterns
from web.hosts import sockets_of_known_hosts
from web.sockets import closed_without_database
from web.threads import releasing_connections
from web.tracing.process import telemetry

sockets = CookieMiddleware(URLRouter(websocket_urlpatterns))
websocket = sockets_of_known_hosts(closed_without_database(sockets))
routes = ProtocolTypeRouter({"http": with_mcp(http), "websocket": websocket})
application = lean_door(releasing_connections(routes))

if found := telemetry():
    from agentsite.observability.requests import traced

    application = traced(application, found)
