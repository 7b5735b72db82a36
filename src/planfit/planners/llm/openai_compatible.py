"""The adapter for everything that speaks the OpenAI protocol, through the `openai` client."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx2
import openai

from planfit.planners.llm import failures
from planfit.planners.llm.dialects import Dialect
from planfit.planners.llm.provider import CallFailed, Completion, Request
from planfit.planners.llm.transport import CONNECT_SECONDS, NotedTransport, proxy_for
from planfit.records.calls import Mode


class OpenAICompatible:
    """One model on one server.

    Parameters
    ----------
    dialect : Dialect
    model : str
    base_url : str
    key : str or None
        Sent as the bearer of the call, and nowhere else.
    note : callable or None
        Is told the address and body of each request before it leaves.
    """

    def __init__(
        self,
        dialect: Dialect,
        model: str,
        base_url: str,
        key: str | None,
        note: Callable[[str, bytes], None] | None = None,
    ) -> None:
        self.name, self.model, self.modes = dialect.name, model, dialect.modes
        self._dialect, self._key = dialect, key
        self.transport = NotedTransport(note, proxy_for(base_url))
        # credentials of other tools, such as those in .netrc, stay out
        http = httpx2.Client(transport=self.transport, trust_env=False, follow_redirects=False)
        self._client = openai.OpenAI(base_url=base_url, api_key=key or "none", max_retries=0, http_client=http)

    def complete(self, request: Request) -> Completion:
        """Ask once."""
        timeout = httpx2.Timeout(request.seconds, connect=min(CONNECT_SECONDS, request.seconds))
        self.transport.deadline = time.monotonic() + request.seconds
        try:
            answer = self._client.chat.completions.create(timeout=timeout, **self._body(request))
        except openai.APITimeoutError as error:
            raise CallFailed("timed_out", f"no answer within {request.seconds:.0f} seconds") from error
        except openai.APIConnectionError as error:
            raise failures.not_connected(error, self._key) from error
        except openai.APIStatusError as error:
            headers = error.response.headers
            raise failures.refused(error.status_code, str(error.message), headers, error.body, self._key) from error
        except (openai.OpenAIError, httpx2.HTTPError, ValueError, TypeError, AttributeError, RecursionError) as error:
            raise CallFailed("not_readable", failures.short(f"{type(error).__name__}: {error}", self._key)) from error
        return _completion(answer)

    def _body(self, request: Request) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [{"role": "system", "content": request.system}, {"role": "user", "content": request.user}],
            self._dialect.max_tokens: request.max_tokens,
            **_form_of(request),
        }
        if request.temperature is not None:
            body["temperature"] = request.temperature
        if request.seed is not None:
            body["seed"] = request.seed
        if self._dialect.extra:
            body["extra_body"] = dict(self._dialect.extra)
        return body


def _form_of(request: Request) -> dict[str, Any]:
    """Return how the form of the answer is asked for."""
    named = {"name": request.name, "schema": request.schema, "strict": True}
    forms: dict[Mode, dict[str, Any]] = {
        "json_schema": {"response_format": {"type": "json_schema", "json_schema": named}},
        "tool": {
            "tools": [{"type": "function", "function": {
                "name": request.name, "description": "Give the answer.", "parameters": request.schema,
            }}],
            "tool_choice": {"type": "function", "function": {"name": request.name}},
        },
        "json_object": {"response_format": {"type": "json_object"}},
        "text": {},
    }  # fmt: skip
    return forms[request.mode]


def _completion(answer: Any) -> Completion:
    """Read what a server sent, which may be of any shape."""
    _said_instead(answer)
    choices = getattr(answer, "choices", None)
    first = choices[0] if isinstance(choices, list) and choices else None
    message = getattr(first, "message", None)
    _said_instead(first)
    if message is None:
        raise CallFailed("not_readable", "the server sent something that is no chat completion")
    text = getattr(message, "content", None)
    for call in getattr(message, "tool_calls", None) or ():
        arguments = getattr(getattr(call, "function", None), "arguments", None)
        if isinstance(arguments, str) and arguments.strip():
            text = arguments
            break
    usage = getattr(answer, "usage", None)
    details = getattr(usage, "prompt_tokens_details", None)
    refusal = getattr(message, "refusal", None)
    reason = getattr(first, "finish_reason", None)
    return Completion(
        text=text if isinstance(text, str) else "",
        finish_reason=reason if isinstance(reason, str) else None,
        refusal=refusal if isinstance(refusal, str) and refusal else None,
        tokens_in=_count(getattr(usage, "prompt_tokens", None)),
        tokens_cached=_count(getattr(details, "cached_tokens", None)),
        tokens_out=_count(getattr(usage, "completion_tokens", None)),
        model=str(getattr(answer, "model", "") or ""),
    )


def _said_instead(part: Any) -> None:
    """Raise where an error stands in the place of an answer that came with status 200, as OpenRouter sends it."""
    error = getattr(part, "error", None)
    if isinstance(error, dict) and error.get("message"):
        code = error.get("code")
        status = code if isinstance(code, int) and not isinstance(code, bool) and 400 <= code < 600 else 502
        raise failures.refused(status, str(error["message"]), {}, {"error": error}, None)


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
