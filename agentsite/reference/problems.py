"""What can go wrong with a request: each `code` of a problem, and what its `type` leads to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A code, its statuses, when it comes, and what a client can do."""

    code: str
    statuses: tuple[int, ...]
    when: str
    then: str


PROBLEM_TYPES = (
    ProblemType(
        "invalid",
        (400, 422),
        "A field, a query parameter, a header or the body can't be used; or a run can't be gone on "
        "from there (422). `errors` names what is at fault.",
        "Change what `errors` names. The same request fails again.",
    ),
    ProblemType(
        "not_authenticated",
        (401,),
        "There is no token, or it is unknown, revoked or expired.",
        "Send `Authorization: Token …` with a token that is valid.",
    ),
    ProblemType(
        "budget_exceeded",
        (402,),
        "A hard budget has no room left; its figures are beside the sentence.",
        "Wait until `resets_at`, or ask staff for a higher limit.",
    ),
    ProblemType(
        "permission_denied",
        (403,),
        "The token lacks a scope, only people or staff may do this, or the CSRF token is missing.",
        "Use a token with the scope that `detail` names, or sign in.",
    ),
    ProblemType(
        "token_paused",
        (403,),
        "The token's spend within an hour rose so much that its submits are refused.",
        "Its owner checks what spent it, and resumes it at the address in `detail`.",
    ),
    ProblemType(
        "mfa_required",
        (401, 403),
        "The user has a second factor, and the JWT doesn't say that it was asked for (401); or "
        "staff have yet to set one up (403).",
        "Ask for the code and issue a JWT whose `amr` has `mfa`; or set up a second factor.",
    ),
    ProblemType(
        "reauthentication_required",
        (403,),
        "A browser that signed in a while ago asks for something that matters, such as a token "
        "with the scope `admin`.",
        "Sign in again, or confirm the password or a code at `/accounts/reauthenticate/`.",
    ),
    ProblemType(
        "not_found",
        (404,),
        "There is no such thing, or it isn't yours.",
        "Check the address and whose token it is.",
    ),
    ProblemType(
        "method_not_allowed",
        (405,),
        "This address doesn't know the method.",
        "Use one of those that the header `Allow` names.",
    ),
    ProblemType(
        "not_acceptable",
        (406,),
        "There is no answer in the form that `Accept` asks for.",
        "Accept `application/json`, or for events `text/event-stream`.",
    ),
    ProblemType(
        "conflict",
        (409,),
        "Its present state doesn't allow it: the run has ended or goes on, doesn't wait for "
        "that, or a name is in use.",
        "Read it again, then decide.",
    ),
    ProblemType(
        "details_deleted",
        (410,),
        "Steps, events, answer or task of the run were deleted since they are older than this site "
        "keeps them. `detail` says which, and after how many days.",
        "Nothing brings them back. The run itself, its cost and its bill are still there.",
    ),
    ProblemType(
        "idempotency_conflict",
        (422,),
        "The `Idempotency-Key` was used before, with another body.",
        "Send the first body again to read its run, or use a new key.",
    ),
    ProblemType(
        "length_required",
        (411,),
        "The body comes in chunks, without `Content-Length`.",
        "Send the length of the body.",
    ),
    ProblemType(
        "payload_too_large",
        (413,),
        "The task, another field or the whole body has too many bytes.",
        "Send less.",
    ),
    ProblemType(
        "unsupported_media_type",
        (415,),
        "The body isn't JSON.",
        "Send `Content-Type: application/json`.",
    ),
    ProblemType(
        "unknown_pattern",
        (422,),
        "No pattern has this key.",
        "Take one of `GET /api/v1/patterns/`.",
    ),
    ProblemType(
        "unpriced_model",
        (422,),
        "The model has no price, so its cost can't be bounded.",
        "Take another one of `GET /api/v1/models/`, or ask staff for a price.",
    ),
    ProblemType(
        "rate_limited",
        (429,),
        "There were too many requests.",
        "Wait for `Retry-After` seconds.",
    ),
    ProblemType(
        "internal_error",
        (500,),
        "A mistake of ours. It has been logged, and `detail` has its reference.",
        "Try again with the same `Idempotency-Key`; if it stays, tell staff the reference.",
    ),
    ProblemType(
        "model_unavailable",
        (503,),
        "The model's calls keep failing, or its provider shut it down, and it has no fallback.",
        "Try again after `Retry-After`; without that header, take another model.",
    ),
    ProblemType(
        "unavailable",
        (503,),
        "The database can't be reached, or staff have paused the intake of new runs for the reason "
        "in `detail`.",
        "Try again after `Retry-After`.",
    ),
)
