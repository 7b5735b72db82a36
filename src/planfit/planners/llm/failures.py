"""What became of a call that gave no answer, by what the server said: one table for every client."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

import httpx2

from planfit.planners.llm.provider import CallFailed
from planfit.planners.llm.transport import TooLarge
from planfit.records.calls import Outcome

LONGEST_DETAIL: Final = 300
_BY_STATUS: Final[dict[int, Outcome]] = {
    401: "not_allowed", 402: "not_allowed", 403: "not_allowed", 404: "not_found", 405: "not_found", 408: "timed_out",
    409: "server_error", 413: "too_long_a_prompt", 429: "rate_limited",
}  # fmt: skip
_TOO_LONG: Final = (
    "context length", "context_length", "context size", "maximum context", "too many tokens", "prompt is too long",
)  # fmt: skip
_UNSUPPORTED: Final = (
    "response_format", "json_schema", "schema", "tool", "grammar", "strict", "structured", "json mode", "output_config",
    "output format",
)  # fmt: skip


def refused(status: int, said: str, headers: Mapping[str, str], body: Any, key: str | None) -> CallFailed:
    """Return what an HTTP status that is no success means."""
    outcome: Outcome = _BY_STATUS.get(status, "server_error" if status >= 500 else "bad_request")
    if status in (400, 422, 500, 501):
        low = said.lower()
        if any(word in low for word in _TOO_LONG):
            outcome = "too_long_a_prompt"
        elif status != 500 and any(word in low for word in _UNSUPPORTED):
            outcome = "mode_not_supported"
    if outcome == "not_allowed":
        said = "the key was not accepted"  # what providers say here may quote a part of the key
    return CallFailed(outcome, short(said, key), status=status, retry_after=retry_after(headers, body))


def not_connected(error: Exception, key: str | None) -> CallFailed:
    """Return what a connection that broke means."""
    cause = error.__cause__
    if isinstance(cause, TooLarge):
        return CallFailed("too_large", str(cause))
    if isinstance(cause, httpx2.TimeoutException):
        return CallFailed("timed_out", "no answer in time")
    return CallFailed("unreachable", short(str(cause or error), key))


def short(text: str, key: str | None) -> str:
    """Return a text on one line, shortened, without the key."""
    line = " ".join(text.split())
    if key:
        line = line.replace(key, "(key)")
    return line[:LONGEST_DETAIL].encode("utf-8", "replace").decode()


def retry_after(headers: Mapping[str, str], body: Any = None) -> float | None:
    """Return the seconds that a provider asks to wait, by a header or, as Google says it, in the body.

    >>> retry_after({"retry-after": "7"}), retry_after({}, [{"error": {"details": [{"retryDelay": "34.1s"}]}}])
    (7.0, 34.1)
    """
    for name, unit in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) * unit)
        except (KeyError, ValueError):
            continue
    until = _until(headers.get("retry-after"))
    return until if until is not None else _delay_in(body)


def _until(date: str | None) -> float | None:
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, parsedate_to_datetime(date or "").timestamp() - time.time())
    except (ValueError, TypeError):
        return None


def _delay_in(body: Any) -> float | None:
    document = body[0] if isinstance(body, list) and body else body
    inside = document.get("error", document) if isinstance(document, dict) else None
    details = inside.get("details") if isinstance(inside, dict) else None
    for entry in details if isinstance(details, list) else ():
        delay = entry.get("retryDelay") if isinstance(entry, dict) else None
        try:
            return max(0.0, float(str(delay).removesuffix("s")))
        except ValueError:
            continue
    return None
