"""The admin's look and its navigation. The colours are those of `static/tokens.css`."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy

from agentsite.env import env

__all__ = ["UNFOLD"]

Entry = dict[str, Any]


def _may_view(permission: str) -> Callable[[HttpRequest], bool]:
    def may(request: HttpRequest) -> bool:
        # There are no models yet while settings are read.
        from accounts.caller import caller_of

        return caller_of(request).user.has_perm(permission)

    return may


def _list(title: str, icon: str, model: str) -> Entry:
    """The list of a model, for whoever may view it."""
    app, _, name = model.partition(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
        "permission": _may_view(f"{app}.view_{name}"),
    }


def _page(title: str, icon: str, view: str) -> Entry:
    """A page for all staff."""
    return {"title": title, "icon": icon, "link": reverse_lazy(view)}


NAVIGATION = [
    {
        "items": [
            _page("Overview", "dashboard", "admin:index"),
            _page("Operations", "monitor_heart", "runs:operations"),
        ]
    },
    {
        "title": "Money",
        "items": [
            _list("Budgets", "account_balance_wallet", "billing.budget"),
            _list("Budget periods", "date_range", "billing.budgetwindow"),
            _list("Ledger", "receipt_long", "billing.ledgerentry"),
            _list("Holds", "lock_clock", "billing.hold"),
            _list("Daily sums", "calendar_month", "billing.usagerollup"),
            _list("Prices", "sell", "billing.modelprice"),
            _list("Bills", "request_quote", "billing.reconciliation"),
            _list("Audits of the books", "fact_check", "billing.audit"),
        ],
    },
    {
        "title": "Runs",
        "items": [
            _list("Runs", "play_circle", "runs.run"),
            _list("Steps and calls", "format_list_numbered", "runs.step"),
            _list("Workers", "memory", "runs.worker"),
            _list("Kill switches", "power_settings_new", "runs.killswitch"),
            _list("Pauses", "pause_circle", "runs.intakechange"),
            _list("Customers", "storefront", "runs.customer"),
        ],
    },
    {
        "title": "People",
        "items": [
            _list("Users", "person", "accounts.user"),
            _list("Groups", "group", "auth.group"),
            _list("API tokens", "key", "accounts.apitoken"),
            _list("Audit log", "policy", "accounts.auditentry"),
        ],
    },
    {
        "title": "Tools and models",
        "items": [
            _list("Forbidden tools", "block", "runs.forbiddentool"),
            _list("MCP servers", "dns", "runs.mcpserver"),
            _list("Prompt sets", "edit_note", "runs.promptset"),
            _list("Output caps", "speed", "billing.modelsafety"),
            _list("What endpoints taught", "school", "runs.dialectrule"),
        ],
    },
    {
        "title": "Messages",
        "items": [
            _list("Webhooks", "webhook", "runs.webhook"),
            _list("Webhook messages", "outgoing_mail", "runs.webhookdelivery"),
            _list("Internal receivers", "lan", "runs.internalreceiver"),
            _list("Alerts", "notifications", "runs.alert"),
            _list("Alert notices", "mark_email_read", "runs.alertnotice"),
        ],
    },
]

# Each shade stands for one thing in light and for one in dark: `light-dark()` in tokens.css.
COLOURS = {
    "base": {
        "50": "var(--side)",
        "100": "var(--surface-3)",
        "200": "var(--line)",
        "300": "var(--line-2)",
        "400": "var(--text-3)",
        "500": "var(--text-3)",
        "600": "var(--text-2)",
        "700": "var(--line-2)",
        "800": "var(--line)",
        "900": "var(--surface)",
        "950": "var(--side)",
    },
    "primary": {
        "50": "var(--accent-soft)",
        "100": "var(--accent-soft)",
        "200": "var(--accent-line)",
        "300": "var(--accent-line)",
        "400": "var(--accent-text)",
        "500": "var(--accent-text)",
        "600": "var(--accent)",
        "700": "var(--accent-text)",
        "800": "var(--accent-hover)",
        "900": "var(--accent-hover)",
        "950": "var(--accent-soft)",
    },
    "font": {
        "subtle-light": "var(--text-3)",
        "subtle-dark": "var(--text-3)",
        "default-light": "var(--text-2)",
        "default-dark": "var(--text-2)",
        "important-light": "var(--text)",
        "important-dark": "var(--text)",
    },
}

TONES = {"production": "danger", "staging": "warning"}


def _style(name: str) -> Callable[[HttpRequest], str]:
    return lambda request: static(name)


UNFOLD = {
    "SITE_TITLE": "agentsite",
    "SITE_HEADER": "agentsite",
    "SITE_SUBHEADER": "Administration",
    "SITE_ICON": _style("favicon.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": _style("favicon.svg")},
    ],
    "SHOW_BACK_BUTTON": False,
    "BORDER_RADIUS": "6px",
    "ENVIRONMENT": [env().environment.capitalize(), TONES.get(env().environment, "info")],
    "DASHBOARD_CALLBACK": "runs.admin.overview.add_figures",
    "COLORS": COLOURS,
    "STYLES": [_style("tokens.css"), _style("admin.css")],
    "SCRIPTS": [_style("js/admin_theme.js")],
    "SIDEBAR": {"navigation": NAVIGATION},
}
