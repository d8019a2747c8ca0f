"""One completion, ready to send: the pieces that fit the cap, its finish reason and its bill."""

import secrets
import time
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from agentsite.simulator.answer import answer
from agentsite.simulator.faults import Faults
from agentsite.simulator.protocol.chat import ChatRequest
from agentsite.simulator.protocol.errors import bad_request
from agentsite.simulator.protocol.models import context_window
from agentsite.simulator.protocol.reply import Piece, Reply, message_of, pieces_of
from agentsite.simulator.protocol.tokens import PromptCache, prompt_ids

from .ledger import Bill

_REASONING_STEP = 64  # OpenAI reports reasoning tokens in multiples of this
_LONGER = {"high": 2, "xhigh": 3, "max": 4}


@dataclass(frozen=True, slots=True)
class Completion:
    """The answer as it will be sent if nothing interrupts it."""

    id: str
    created: int
    model: str
    reply: Reply
    pieces: list[Piece]
    finish_reason: str
    prompt_tokens: int
    cached_tokens: int
    reasoning_tokens: int

    def bill(self, sent: int | None = None) -> Bill:
        """What is billed once ``sent`` pieces are made; all of them without a number."""
        visible = sum(piece.tokens for piece in self.pieces[:sent])
        return Bill(
            prompt_tokens=self.prompt_tokens,
            cached_tokens=self.cached_tokens,
            completion_tokens=self.reasoning_tokens + visible,
            reasoning_tokens=self.reasoning_tokens,
            tokens_sent=visible,
        )

    def usage(self) -> dict[str, Any]:
        """The usage block of a complete answer."""
        return usage_of(self.bill())

    def envelope(self, kind: str) -> dict[str, Any]:
        """The fields that the answer and each of its chunks have in common."""
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "service_tier": "default",
            "system_fingerprint": "fp_simulator",
        }

    def whole(self, with_usage: bool) -> dict[str, Any]:
        """The JSON body of an answer that isn't streamed."""
        choice = {
            "index": 0,
            "message": message_of(self.reply, self.pieces),
            "logprobs": None,
            "finish_reason": self.finish_reason,
        }
        usage = {"usage": self.usage()} if with_usage else {}
        return self.envelope("chat.completion") | {"choices": [choice]} | usage


def usage_of(bill: Bill) -> dict[str, Any]:
    """A bill as the usage block of an answer."""
    return {
        "prompt_tokens": bill.prompt_tokens,
        "completion_tokens": bill.completion_tokens,
        "total_tokens": bill.prompt_tokens + bill.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": bill.cached_tokens, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": bill.reasoning_tokens,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def complete(request: ChatRequest, faults: Faults, cache: PromptCache) -> Completion:
    """Answer, and fit the answer into the request's output cap."""
    ids = prompt_ids(request.body)
    window = context_window(request.model)
    if len(ids) > window:
        raise bad_request(
            f"This model's maximum context length is {window} tokens. However, your messages "
            f"resulted in {len(ids)} tokens. Please reduce the length of the messages.",
            "messages",
            "context_length_exceeded",
        )
    reply = answer(request, faults)
    cap = window - len(ids) if request.max_tokens is None else request.max_tokens
    reasoning = min(cap, _reasoning_tokens(request, faults))
    pieces, capped = _within(pieces_of(reply), cap - reasoning)
    if faults.length:
        pieces, capped = pieces[: max(1, len(pieces) // 2)], True
    return Completion(
        id=f"chatcmpl-{secrets.token_hex(14)}",
        created=int(time.time()),
        model=request.model,
        reply=reply,
        pieces=pieces,
        finish_reason="length" if capped else _finish_reason(request, reply),
        prompt_tokens=len(ids),
        cached_tokens=cache.cached_tokens(ids, _cache_of(request), time.monotonic()),
        reasoning_tokens=reasoning,
    )


def _cache_of(request: ChatRequest) -> str:
    """Prompts are cached for each model, and those with a key of their own apart."""
    return f"{request.model} {request.body.get('prompt_cache_key') or ''}"


def _finish_reason(request: ChatRequest, reply: Reply) -> str:
    # A call of the one tool that was named ends with "stop", as at OpenAI.
    return "tool_calls" if reply.calls and request.forced_tool is None else "stop"


def _within(pieces: list[Piece], cap: int) -> tuple[list[Piece], bool]:
    left = cap
    for index, piece in enumerate(pieces):
        left -= piece.tokens
        if left < 0:
            return pieces[:index], True
    return pieces, False


def _reasoning_tokens(request: ChatRequest, faults: Faults) -> int:
    if faults.reasoning is not None:
        return faults.reasoning
    if not request.reasons:
        return 0
    effort = request.body.get("reasoning_effort") or "medium"
    if effort == "low":
        return _REASONING_STEP
    last = str(request.messages[-1].get("content")).encode()
    steps = 1 + blake2b(last, digest_size=1).digest()[0] % 6
    return _REASONING_STEP * steps * _LONGER.get(effort, 1)
