"""Static files: `collectstatic` puts their content's hash in their names.

The ASGI server hands them out where no proxy in front does; a proxy compresses them.
"""

from errno import ENAMETOOLONG

from django.conf import settings
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.exceptions import SuspiciousFileOperation
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.views.static import serve

from web.hosts import refusal

# Their names carry a hash of their content.
FOR_EVER = "public, max-age=31536000, immutable"


class StaticStorage(ManifestStaticFilesStorage):
    """Hashes are also put into the imports of our JavaScript modules."""

    support_js_module_import_aggregation = True


class CollectedStaticFiles(ASGIStaticFilesHandler):
    """Serves what `collectstatic` gathered; while developing, the files as they are."""

    def serve(self, request: HttpRequest) -> HttpResponse | FileResponse:
        """Answer one request below STATIC_URL; raises `Http404`."""
        response = refusal(request) or self._file(request)
        # Files don't pass the middleware that says so of pages.
        response["X-Content-Type-Options"] = "nosniff"
        return response

    def _file(self, request: HttpRequest) -> HttpResponse | FileResponse:
        path = self.file_path(request.path)
        try:
            if settings.STATIC_FROM_SOURCE:
                return super().serve(request)
            response = serve(request, path, document_root=str(settings.STATIC_ROOT))
        except SuspiciousFileOperation as error:
            raise Http404 from error
        except OSError as error:
            if error.errno == ENAMETOOLONG:
                raise Http404 from error
            raise
        response["Cache-Control"] = FOR_EVER
        return response
