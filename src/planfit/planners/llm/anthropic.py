"""Anthropic through its own client: there a schema is held by constrained decoding, which its OpenAI endpoint passes over."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, Final

import anthropic
import httpx2

from planfit.planners.llm import failures
from planfit.planners.llm.dialects import Dialect
from planfit.planners.llm.provider import CallFailed, Completion, Request
from planfit.planners.llm.transport import CONNECT_SECONDS, NotedTransport, proxy_for
from planfit.records.calls import Mode

_ENDED: Final = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "end_turn": "stop",
    "tool_use": "stop",
}


class Anthropic:
    """One model at Anthropic, or on a server that speaks its Messages protocol.

    The parameters are those of `OpenAICompatible`.
    """

    modes: tuple[Mode, ...] = ("json_schema", "tool", "text")

    def __init__(
        self,
        dialect: Dialect,
        model: str,
        base_url: str,
        key: str | None,
        note: Callable[[str, bytes], None] | None = None,
    ) -> None:
        self.name, self.model, self._key = dialect.name, model, key
        address = base_url.rstrip("/").removesuffix("/v1")
        self.transport = NotedTransport(note, proxy_for(address))
        http = httpx2.Client(transport=self.transport, trust_env=False, follow_redirects=False)
        self._client = anthropic.Anthropic(
            base_url=address, api_key=key or "none", max_retries=0, http_client=http, open_telemetry=False
        )

    def complete(self, request: Request) -> Completion:
        """Ask once."""
        timeout = httpx2.Timeout(request.seconds, connect=min(CONNECT_SECONDS, request.seconds))
        self.transport.deadline = time.monotonic() + request.seconds
        try:
            answer = self._client.messages.create(timeout=timeout, **self._body(request))
        except anthropic.APITimeoutError as error:
            raise CallFailed("timed_out", f"no answer within {request.seconds:.0f} seconds") from error
        except anthropic.APIConnectionError as error:
            raise failures.not_connected(error, self._key) from error
        except anthropic.APIStatusError as error:
            headers = error.response.headers
            raise failures.refused(error.status_code, str(error.message), headers, error.body, self._key) from error
        except (
            anthropic.AnthropicError,
            httpx2.HTTPError,
            ValueError,
            TypeError,
            AttributeError,
            RecursionError,
        ) as error:
            raise CallFailed("not_readable", failures.short(f"{type(error).__name__}: {error}", self._key)) from error
        return _completion(answer)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _body(self, request: Request) -> dict[str, Any]:
        """Return the request; this protocol knows no seed, and its client no temperature."""
        body: dict[str, Any] = {
            "model": self.model,
            "max_tokens": request.max_tokens,
            "system": request.system,
            "messages": [{"role": "user", "content": request.user}],
        }
        if request.mode == "json_schema":
            body["output_config"] = {"format": {"type": "json_schema", "schema": request.schema}}
        elif request.mode == "tool":
            tool = {"name": request.name, "description": "Give the answer.", "input_schema": request.schema}
            body |= {"tools": [tool], "tool_choice": {"type": "tool", "name": request.name}}
        return body


def _completion(answer: Any) -> Completion:
    """Read what a server sent, which may be of any shape."""
    content = getattr(answer, "content", None)
    if not isinstance(content, list):
        raise CallFailed("not_readable", "the server sent something that is no message")
    text = "".join(str(getattr(block, "text", "") or "") for block in content if getattr(block, "type", "") == "text")
    for block in content:
        if getattr(block, "type", "") == "tool_use":
            text = json.dumps(getattr(block, "input", None), ensure_ascii=False)
            break
    reason = getattr(answer, "stop_reason", None)
    usage = getattr(answer, "usage", None)
    fresh, cached, kept, out = (
        _count(getattr(usage, name, None))
        for name in ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens")
    )
    return Completion(
        text=text,
        finish_reason=_ENDED.get(reason, reason) if isinstance(reason, str) else None,
        refusal=(text or "no reason given") if reason == "refusal" else None,
        tokens_in=None if fresh is None else fresh + (cached or 0) + (kept or 0),
        tokens_cached=cached,
        tokens_out=out,
        model=str(getattr(answer, "model", "") or ""),
    )


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
