"""Headers that keep other sites apart from this one, beside those of Django's own middleware."""

from django.http.response import HttpResponseBase

from web.middleware import finishing

# What a page could ask of its reader's device: nothing here needs any of it. Bluetooth isn't named,
# since Chromium complains of it on each page where it is built without; no page gets it unasked.
UNUSED = (
    *("accelerometer", "autoplay", "camera", "display-capture", "encrypted-media"),
    *("fullscreen", "geolocation", "gyroscope", "hid", "magnetometer", "microphone", "midi"),
    *("payment", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking"),
)
HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{name}=()" for name in UNUSED),
}


def _finish(response: HttpResponseBase) -> None:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)


# No other site loads what is answered here, and no page here asks for camera, place or payment.
isolated = finishing(_finish)
