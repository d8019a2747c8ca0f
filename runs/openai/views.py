"""Models and chat completions."""

from typing import Any, ClassVar

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.caller import caller_of
from accounts.credentials import access_check
from accounts.models import Scope
from accounts.permissions import check_scopes
from accounts.throttling import SubmitThrottle
from runs.api.queries import idempotency_key
from runs.openai.base import Deferred, OpenAIView, json_answer
from runs.openai.catalogue import model_list, model_object
from runs.openai.chat_answer import chat_completion
from runs.openai.chat_request import ChatRequest, chat_request
from runs.openai.chat_stream import chat_chunks
from runs.openai.delivery import GOES_ON, Order, delivered, made
from runs.openai.outcome import NOT_AGAIN, Outcome, run_headers
from runs.openai.retries import is_another_try, tries_again
from runs.openai.sse import event_stream
from runs.submission import Submission
from web.exceptions import problem_response
from web.problems import problem
from web.traces import traceparent_of

ANY_TOKEN: dict[str, str | None] = {"GET": None}


@extend_schema(exclude=True)
class ModelListView(OpenAIView):
    """What can be asked for as `model`."""

    required_scopes = ANY_TOKEN

    def get(self, request: Request) -> HttpResponse:
        """List patterns and models."""
        return json_answer(model_list())


@extend_schema(exclude=True)
class ModelView(OpenAIView):
    """One of them."""

    required_scopes = ANY_TOKEN

    def get(self, request: Request, name: str) -> HttpResponse:
        """Read one."""
        return json_answer(model_object(name))


class SubmittingView(OpenAIView):
    """A view that makes runs: submits are counted, and a token has to read what it gets."""

    submits = True

    def get_throttles(self) -> list[BaseThrottle]:
        """Only submits are counted."""
        return [SubmitThrottle()]

    def order(self, request: Request, submission: Submission, *, detached: bool = False) -> Order:
        """Who asks for what. Raises `PermissionDenied`, `ValidationError`."""
        caller = caller_of(request)
        check_scopes(caller, [Scope.RUNS_READ])
        return Order(
            caller=caller,
            submission=submission,
            still_valid=access_check(request),
            key=idempotency_key(request),
            tries_again=tries_again(request),
            another_try=is_another_try(request),
            detached=detached,
            traceparent=traceparent_of(request),
        )


@extend_schema(exclude=True)
class ChatView(SubmittingView):
    """Chat completions."""

    asks_database = False
    queries: ClassVar[dict[str, Any]] = {}

    def post(self, request: Request) -> HttpResponse:
        """Run what is asked for, and answer with what it comes to."""
        asked = chat_request(request.data)
        order = self.order(request, asked.asked.submission())
        return Deferred(lambda: _completed(order, asked))


async def _completed(order: Order, asked: ChatRequest) -> HttpResponseBase:
    run = (await made(order)).run
    model = asked.asked.model
    if asked.stream:
        frames = chat_chunks(order, run, model, include_usage=asked.include_usage)
        return event_stream(frames, {**run_headers(run), **NOT_AGAIN})
    try:
        outcome = await delivered(order, run)
    except Exception as error:  # the run is there, whatever became of this request
        return not_again(problem_response(error, {}), run_headers(run))
    return answer_of(outcome, chat_completion(outcome, model))


def answer_of(outcome: Outcome, content: dict[str, Any]) -> HttpResponse:
    """The answer to a request whose run has ended; an error where there is none."""
    if not outcome.run.ended:
        status, code, message = GOES_ON
        return not_again(problem(status, message, code=code), run_headers(outcome.run))
    return outcome.problem if outcome.failed else json_answer(content, headers=outcome.headers)


def not_again(response: HttpResponse, headers: dict[str, str]) -> HttpResponse:
    """An error after which the request isn't to be sent again: its run is there."""
    for name, value in {**headers, **NOT_AGAIN}.items():
        response[name] = value
    return response
