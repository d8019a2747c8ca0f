"""Production's static files: what a page loads has the hashed name, modules' imports too."""

import re
from pathlib import Path

from django.core.management import call_command


def test_modules_import_each_other_by_their_hashed_names(settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "agentsite.static_storage.StaticStorage"},
    }
    call_command("collectstatic", verbosity=0, interactive=False)
    (page,) = tmp_path.glob("js/run.????????????.js")
    imports = re.findall(r'from "\./(run/[^"]+)"', page.read_text())
    assert imports
    for name in imports:
        assert (page.parent / name).exists()
        assert re.search(r"\.[0-9a-f]{12}\.js$", name), name
