"""Responses: made, read, streamed again, cancelled and taken away."""

from typing import Any, ClassVar

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from accounts.caller import caller_of
from accounts.credentials import access_check
from runs.api.queries import MAX_SEQ
from runs.api.watch import wait_for_end
from runs.errors import RunEnded
from runs.feed.places import check_place, in_place
from runs.models import Run
from runs.openai.base import Deferred, OpenAIView, json_answer
from runs.openai.delivery import Order, delivered, made
from runs.openai.items import shown
from runs.openai.outcome import NOT_AGAIN, Outcome, outcome_of, run_headers
from runs.openai.responses import conversation_up_to, forget, front_of, response_id, stored
from runs.openai.responses_answer import response_object
from runs.openai.responses_request import ResponsesRequest, responses_request
from runs.openai.responses_stream import response_events
from runs.openai.sse import event_stream
from runs.openai.views import SubmittingView, answer_of, not_again
from runs.services import cancel_run
from runs.submission import Submission
from web.connections import in_any_thread, in_request_thread
from web.exceptions import problem_response

MAX_ITEMS = 100
# A run that is asked to end takes a moment for it.
CANCEL_S = 5


class ResponseQuery(serializers.Serializer[Any]):
    """How a response is read."""

    stream = serializers.BooleanField(default=False)
    starting_after = serializers.IntegerField(min_value=-1, max_value=MAX_SEQ, default=-1)
    include_obfuscation = serializers.BooleanField(default=False)


class ItemQuery(serializers.Serializer[Any]):
    """Which input items are read."""

    order = serializers.ChoiceField(["asc", "desc"], default="desc")
    limit = serializers.IntegerField(min_value=1, max_value=MAX_ITEMS, default=20)
    after = serializers.CharField(default="")


@extend_schema(exclude=True)
class ResponseListView(SubmittingView):
    """New responses."""

    def post(self, request: Request) -> HttpResponse:
        """Run what is asked for, and answer with what it comes to, or at once in the background."""
        user = caller_of(request).user
        asked = responses_request(request.data, lambda name: conversation_up_to(user, name))
        order = self.order(request, asked.asked.submission(), detached=asked.background)
        return Deferred(lambda: _responded(order, asked))


async def _responded(order: Order, asked: ResponsesRequest) -> HttpResponseBase:
    run = (await made(order)).run
    if asked.stream:
        return event_stream(response_events(order, run), {**run_headers(run), **NOT_AGAIN})
    try:
        if asked.background:
            now = await in_request_thread(outcome_of)(run.pk)
            return json_answer(response_object(now), headers=run_headers(run))
        outcome = await delivered(order, run)
    except Exception as error:  # the run is there, whatever became of this request
        return not_again(problem_response(error, {}), run_headers(run))
    return answer_of(outcome, response_object(outcome))


@extend_schema(exclude=True)
class ResponseView(OpenAIView):
    """A stored response."""

    queries: ClassVar[dict[str, Any]] = {"GET": ResponseQuery}

    def query_parameters(self, method: str) -> set[str]:
        """More may be asked to be included; there is no more."""
        return {*super().query_parameters(method), "include", "include[]"}

    def get(self, request: Request, name: str) -> HttpResponseBase:
        """Read it as it is now; as a stream, from the beginning or behind one of its events."""
        run, query = _own(request, name), self.query(request)
        if not query["stream"]:
            return _shown(outcome_of(run.pk))
        order = _reading(request, run)
        check_place(run.owner_id)
        frames = response_events(order, run, starting_after=query["starting_after"])
        return event_stream(in_place(run.owner_id, frames), run_headers(run))

    def delete(self, request: Request, name: str) -> HttpResponse:
        """Take it away: it can't be read or gone on from here any more."""
        run = _own(request, name)
        forget(run)
        deleted = {"id": response_id(run), "object": "response.deleted", "deleted": True}
        return json_answer(deleted)


@extend_schema(exclude=True)
class CancelResponseView(OpenAIView):
    """The end of a response, on request."""

    def post(self, request: Request, name: str) -> HttpResponse:
        """Cancel it; one that has ended stays as it is."""
        run = _own(request, name)
        try:
            run = cancel_run(run=run)
        except RunEnded:
            return _shown(outcome_of(run.pk))
        return Deferred(lambda: _cancelled(run))


@extend_schema(exclude=True)
class InputItemsView(OpenAIView):
    """What a response was asked."""

    queries: ClassVar[dict[str, Any]] = {"GET": ItemQuery}

    def query_parameters(self, method: str) -> set[str]:
        """As of the response."""
        return {*super().query_parameters(method), "include", "include[]"}

    def get(self, request: Request, name: str) -> HttpResponse:
        """List the items of its own input, newest first."""
        run, query = _own(request, name), self.query(request)
        items = shown(front_of(run)["input"], run.pk)
        if query["order"] == "desc":
            items.reverse()
        places = [n for n, item in enumerate(items) if item["id"] == query["after"]]
        items = items[places[0] + 1 :] if places else items
        page = items[: query["limit"]]
        return json_answer(
            {
                "object": "list",
                "data": page,
                "first_id": page[0]["id"] if page else None,
                "last_id": page[-1]["id"] if page else None,
                "has_more": len(items) > len(page),
            }
        )


def _own(request: Request, name: str) -> Run:
    return stored(caller_of(request).user, name)


def _shown(outcome: Outcome) -> HttpResponse:
    return json_answer(response_object(outcome), headers=outcome.headers)


def _reading(request: Request, run: Run) -> Order:
    """Who reads a response that another request made: the run doesn't depend on it."""
    return Order(
        caller=caller_of(request),
        submission=Submission(task=""),
        still_valid=access_check(request),
        detached=True,
    )


async def _cancelled(run: Run) -> HttpResponseBase:
    await wait_for_end(run.pk, CANCEL_S)
    return _shown(await in_any_thread(outcome_of)(run.pk))
