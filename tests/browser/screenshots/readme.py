"""The pictures of the README: a window of a few pages in both themes, small enough for git."""

import base64
from pathlib import Path

from playwright.sync_api import Page

FOLDER = Path("docs/screenshots")
NAMES = ("new", "run-succeeded", "usage", "operations", "admin")
WIDTH = "1280-"
MOST_BYTES = 150_000
# Playwright writes PNG; the browser itself writes WebP, a third of its size.
TO_WEBP = """
async png => {
  const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext('2d').drawImage(image, 0, 0);
  const webp = await canvas.convertToBlob({type: 'image/webp', quality: 0.9});
  const bytes = new Uint8Array(await webp.arrayBuffer());
  return btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(''));
}
"""


def keep_for_readme(page: Page, name: str, *, look: str) -> None:
    """Write what the window of a wide page shows, if it is one of the README's."""
    if name not in NAMES or not look.startswith(WIDTH):
        return
    png = base64.b64encode(page.screenshot()).decode()
    # A page of its own: those of the site fetch nothing but from the site.
    converter = page.context.new_page()
    picture = base64.b64decode(converter.evaluate(TO_WEBP, png))
    converter.close()
    assert len(picture) <= MOST_BYTES, f"{name} has {len(picture)} bytes"
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}-{look.removeprefix(WIDTH)}.webp").write_bytes(picture)
