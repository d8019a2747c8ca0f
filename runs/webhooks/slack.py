"""A message in the shape that Slack's incoming webhooks take. Pure.

See https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks.
"""

from typing import Any

import orjson

from runs.webhook_models import TEST

# What Slack takes in a header and in a section.
MAX_HEADER, MAX_SECTION = 150, 3000
TESTED = ("A test", "What is sent here arrives. Nothing has happened.")


def slack_body(payload: dict[str, Any]) -> bytes:
    """`text` for notifications, and `blocks` for the channel, of an alert or a test."""
    data = payload["data"]
    title, text = TESTED if payload["type"] == TEST else (data["title"], data["text"])
    link = data.get("link") or data["links"]["html"]
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": title[:MAX_HEADER]}},
        {"type": "section", "text": {"type": "mrkdwn", "text": _escaped(text)[:MAX_SECTION]}},
    ]
    if link.startswith("http"):
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": f"<{link}|Open>"}})
    return orjson.dumps({"text": _escaped(title), "blocks": blocks})


def _escaped(text: str) -> str:
    """Text in which nothing is a link or a mention."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
