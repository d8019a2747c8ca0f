"""People with API keys and budgets, for a chaos run; what to make comes as JSON on the way in."""

import json
import sys
from decimal import Decimal
from typing import Any

from accounts.models import ApiToken, User
from billing.services import create_budget


def main() -> None:
    """Make the users and the budgets named in the first argument; print each user's key."""
    wanted = json.loads(sys.argv[1])
    tokens = {name: _token(name, wanted["password"]) for name in wanted["users"]}
    for limit in wanted["limits"]:
        _set_budget(limit, tokens)
    print(json.dumps({name: key for name, (_, key) in tokens.items()}))


def _token(name: str, password: str | None) -> tuple[ApiToken, str]:
    user = User.objects.create_user(f"{name}@example.org", password, name=name.title())
    return ApiToken.objects.issue(user=user, name="chaos")


def _set_budget(limit: dict[str, Any], tokens: dict[str, tuple[ApiToken, str]]) -> None:
    token = tokens[limit["user"]][0] if limit["user"] else None
    create_budget(
        scope=limit["scope"],
        period=limit["period"],
        limit_usd=Decimal(limit["limit_usd"]),
        timezone=limit["timezone"],
        hard=limit["hard"],
        user=token.user if token and limit["scope"] == "user" else None,
        api_token=token if limit["scope"] == "token" else None,
    )


if __name__ == "__main__":
    main()
