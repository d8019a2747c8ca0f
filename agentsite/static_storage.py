"""Static files in production: compressed, with their content's hash in the name."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Hashes are also put into the imports of our JavaScript modules."""

    support_js_module_import_aggregation = True
