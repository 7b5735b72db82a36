"""The adapter for everything that speaks the OpenAI protocol, through the `openai` client."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import httpx2
import openai

from planfit.planners.llm.dialects import Dialect
from planfit.planners.llm.provider import CallFailed, Completion, Request
from planfit.planners.llm.transport import NotedTransport, TooLarge
from planfit.records.calls import Mode, Outcome

LONGEST_DETAIL: Final = 300
CONNECT_SECONDS: Final = 10.0
LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_BY_STATUS: Final[dict[int, Outcome]] = {
    401: "not_allowed", 402: "not_allowed", 403: "not_allowed", 404: "not_found", 405: "not_found", 408: "timed_out",
    409: "server_error", 413: "too_long_a_prompt", 429: "rate_limited",
}  # fmt: skip
_TOO_LONG: Final = (
    "context length",
    "context_length",
    "context size",
    "maximum context",
    "too many tokens",
    "prompt is too long",
)
_UNSUPPORTED: Final = (
    "response_format",
    "json_schema",
    "schema",
    "tool",
    "grammar",
    "strict",
    "structured",
    "json mode",
)


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
            raise self._not_connected(error) from error
        except openai.APIStatusError as error:
            raise self._refused(error) from error
        except (openai.OpenAIError, httpx2.HTTPError, ValueError, TypeError, AttributeError, RecursionError) as error:
            raise CallFailed("not_readable", self._short(f"{type(error).__name__}: {error}")) from error
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

    def _not_connected(self, error: openai.APIConnectionError) -> CallFailed:
        cause = error.__cause__
        if isinstance(cause, TooLarge):
            return CallFailed("too_large", str(cause))
        if isinstance(cause, httpx2.TimeoutException):
            return CallFailed("timed_out", "no answer in time")
        return CallFailed("unreachable", self._short(str(cause or error)))

    def _refused(self, error: openai.APIStatusError) -> CallFailed:
        status, said = error.status_code, str(error.message)
        outcome: Outcome = _BY_STATUS.get(status, "server_error" if status >= 500 else "bad_request")
        if status in (400, 422, 500, 501) and outcome != "too_long_a_prompt":
            low = said.lower()
            if any(word in low for word in _TOO_LONG):
                outcome = "too_long_a_prompt"
            elif status != 500 and any(word in low for word in _UNSUPPORTED):
                outcome = "mode_not_supported"
        if outcome == "not_allowed":
            said = "the key was not accepted"  # what providers say here may quote a part of the key
        return CallFailed(outcome, self._short(said), status=status, retry_after=_retry_after(error))

    def _short(self, text: str) -> str:
        line = " ".join(text.split())
        if self._key:
            line = line.replace(self._key, "(key)")
        return line[:LONGEST_DETAIL].encode("utf-8", "replace").decode()


def proxy_for(url: str) -> str | None:
    """Return the proxy that the environment names for an address."""
    from urllib.parse import urlsplit
    from urllib.request import getproxies, proxy_bypass

    parts, proxies = urlsplit(url), getproxies()
    host = parts.hostname or ""
    if host in LOOPBACK or proxy_bypass(host):
        return None
    return proxies.get(parts.scheme) or proxies.get("all")


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
    choices = getattr(answer, "choices", None)
    first = choices[0] if isinstance(choices, list) and choices else None
    message = getattr(first, "message", None)
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


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _retry_after(error: openai.APIStatusError) -> float | None:
    headers = error.response.headers
    for name, unit in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) * unit)
        except (KeyError, ValueError):
            continue
    return _until(headers.get("retry-after"))


def _until(date: str | None) -> float | None:
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, parsedate_to_datetime(date or "").timestamp() - time.time())
    except (ValueError, TypeError):
        return None
