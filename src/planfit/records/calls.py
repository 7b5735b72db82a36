"""Calls of a language model: how it is to be asked, and what each call cost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Literal

from pydantic import Field

from planfit.records.canonical import Record
from planfit.records.scores import Usage

Privacy = Literal["schema", "profile", "samples"]
Outcome = Literal[
    "answered",
    "refused",
    "cut_off",
    "empty",
    "not_readable",
    "too_large",
    "rate_limited",
    "server_error",
    "unreachable",
    "timed_out",
    "not_allowed",
    "not_found",
    "too_long_a_prompt",
    "mode_not_supported",
    "bad_request",
]
Mode = Literal["json_schema", "tool", "json_object", "text"]
"""How the form of the answer is asked for, from the strictest to the loosest."""


class Prices(Record):
    """US dollars for a million tokens."""

    tokens_in: float = Field(ge=0.0)
    tokens_cached: float | None = Field(None, ge=0.0)
    """Tokens that the provider had in its cache; None: as much as any other."""
    tokens_out: float = Field(ge=0.0)


class Asking(Record):
    """How a language model is asked, as the user wants it. No key is ever a part of it."""

    base_url: str | None = None
    knowledge: str = ""
    """What the user knows of the matter; quoted in every prompt."""
    redact: tuple[str, ...] = ()
    """Columns whose names stay here too."""
    fallback: Literal["expert"] | None = None
    """Who takes a stage over after three failures; None: the run halts and a person is asked."""
    small: bool = False
    """The model chooses among a few legal options instead of writing plans."""
    answer_within: float | None = None
    """Seconds that one call may take; None: a minute, or five where a small or local model is asked."""
    max_calls: int | None = None
    max_tokens: int | None = None
    """In and out together."""
    max_cost: float | None = None
    """US dollars."""
    prices: Prices | None = None


class ModelCall(Record):
    """One HTTP request to a language model, and what came of it."""

    provider: str
    model: str
    outcome: Outcome
    detail: str = ""
    """What the provider said where it did not answer, shortened."""
    status: int | None = None
    """HTTP status."""
    finish_reason: str | None = None
    mode: Mode
    tokens_in: int | None = None
    tokens_cached: int | None = None
    """Of `tokens_in`, those that the provider had in its cache."""
    tokens_out: int | None = None
    cost_usd: float | None = None
    """None where it is unknown."""
    seconds: float = 0.0
    waited: float = 0.0
    """Seconds of pause before the call, after one that failed."""
    idle: float = 0.0
    """Seconds in which nothing else went on, with the last call of a question that got no answer."""
    sent_sha256: str = ""
    """Of the body that was sent, as ``sent.jsonl`` holds it."""
    sent_bytes: int = 0
    prompts: str = ""
    """Version of the prompt files: a hash over their texts."""


FREE: Final[frozenset[Outcome]] = frozenset({
    "rate_limited", "server_error", "unreachable", "not_allowed", "not_found", "too_long_a_prompt", "mode_not_supported",
    "bad_request",
})  # fmt: skip
"""Calls that were turned away: nothing is paid for them."""


def total(calls: Iterable[ModelCall]) -> Usage:
    """Return what calls took together; a figure that an answered call does not give is unknown in sum.

    Examples
    --------
    >>> total([]).calls
    0
    """
    made = tuple(calls)
    answered = [call for call in made if call.outcome not in FREE]

    def added(field: str) -> Any:
        values = [getattr(call, field) for call in answered]
        return None if any(value is None for value in values) else sum(values)

    cached = [call.tokens_cached for call in answered if call.tokens_cached is not None]
    return Usage(
        calls=len(made),
        tokens_in=added("tokens_in"),
        tokens_cached=sum(cached) if cached else None,
        tokens_out=added("tokens_out"),
        cost_usd=added("cost_usd"),
        seconds=round(sum(call.seconds + call.waited for call in made), 3),
    )
