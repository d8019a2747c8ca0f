"""The values of the examples about alerts."""

from typing import Any

_RUN = "01980f6e-7c1b-7d62-9f0a-4b1f0c6f2a11"
_FIGURES = {"run_id": _RUN, "calls": 2, "amount_usd": "0.0184", "simulated": False}
_WORDS = {
    "kind": "doubt",
    "title": "2 calls of a run in doubt",
    "text": "Their most, $0.0184, is charged until their exact usage arrives.",
    "remedy": "Nothing has to be done.",
    "figures": _FIGURES,
    "ends_at": None,
    "html": f"/runs/{_RUN}/",
}
PREFERENCES: dict[str, Any] = {
    "kinds": {"budget": {"mail": True, "webhook": False}},
    "daily": False,
    "daily_hour": 8,
    "timezone": "Europe/Berlin",
    "pause_all_tokens": False,
    "pause_tokens": [],
}
VALUES: dict[str, Any] = {
    **{f"Alert.{name}": value for name, value in _WORDS.items()},
    **{f"SiteAlert.{name}": value for name, value in _WORDS.items()},
    **{f"ShownPreferences.{name}": value for name, value in PREFERENCES.items()},
    "Alert.mail": "sent",
    "Alert.mail_error": "",
    "AlertMessage.status": "delivered",
    "ShownPreferences.paused_tokens": [],
    "SiteAlert.kind": "site_doubt",
    "SiteAlert.title": "$12.0184 of the site are in doubt",
    "SiteAlert.html": "/ops/",
    "SiteAlert.told": 2,
}
