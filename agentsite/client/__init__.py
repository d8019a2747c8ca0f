"""The Python client of a site: `Client(url, token).submit("What is 6 times 7?")`.

It needs neither Django nor the rest of this package.
"""

from agentsite.client.client import Accepted, Client
from agentsite.client.errors import (
    AgentsiteError,
    ApiError,
    BudgetExceeded,
    Conflict,
    ConnectionFailed,
    DetailsDeleted,
    IdempotencyConflict,
    Invalid,
    NotAuthenticated,
    NotFound,
    PayloadTooLarge,
    PermissionDenied,
    RateLimited,
    ServerFault,
    Unavailable,
    UnpricedModel,
    UnreadableAnswer,
)
from agentsite.client.texts import Text
from agentsite.client.types import Budget, Estimate, Event, Ledger, Me, Run, Step, UsageReport

__all__ = [
    "Accepted",
    "AgentsiteError",
    "ApiError",
    "Budget",
    "BudgetExceeded",
    "Client",
    "Conflict",
    "ConnectionFailed",
    "DetailsDeleted",
    "Estimate",
    "Event",
    "IdempotencyConflict",
    "Invalid",
    "Ledger",
    "Me",
    "NotAuthenticated",
    "NotFound",
    "PayloadTooLarge",
    "PermissionDenied",
    "RateLimited",
    "Run",
    "ServerFault",
    "Step",
    "Text",
    "Unavailable",
    "UnpricedModel",
    "UnreadableAnswer",
    "UsageReport",
]
