"""What browsers call themselves, in short."""

import re

BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "Firefox": "Firefox",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


def device_name(device: str) -> str:
    """What a browser says it is, in short: `Firefox on Linux`."""
    browser = _first(BROWSERS, device)
    system = _first(SYSTEMS, device)
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or re.sub(r"[\s(].*", "", device) or "An unknown device"


def _first(names: dict[str, str], device: str) -> str:
    return next((shown for token, shown in names.items() if token in device), "")
