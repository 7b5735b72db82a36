"""What a provider of language models is to the rest: one call, one HTTP request, one answer or one named failure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from planfit.records.calls import Mode, Outcome

Json = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """One question as it is sent."""

    system: str
    user: str
    name: str
    """The kind of plan asked for."""
    schema: Json
    """In wire form."""
    max_tokens: int
    seconds: float
    """After which the answer is of no use."""
    mode: Mode
    temperature: float | None = None
    seed: int | None = None


@dataclass(frozen=True)
class Completion:
    """One answer, unjudged; figures are None where the provider says nothing."""

    text: str
    finish_reason: str | None = None
    refusal: str | None = None
    tokens_in: int | None = None
    tokens_cached: int | None = None
    tokens_out: int | None = None
    model: str = ""


class CallFailed(Exception):
    """A call that gave no answer.

    Attributes
    ----------
    outcome : str
        What became of it, one of `planfit.records.calls.Outcome`.
    status : int or None
        HTTP status.
    retry_after : float or None
        Seconds that the provider asks to wait.
    """

    def __init__(
        self, outcome: Outcome, detail: str, *, status: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(detail)
        self.outcome: Outcome = outcome
        self.detail = detail
        self.status = status
        self.retry_after = retry_after


class Provider(Protocol):
    """Whoever answers requests. One call is one HTTP request; whoever calls decides about further ones."""

    name: str
    model: str
    modes: tuple[Mode, ...]
    """How the form of an answer can be asked for, best first."""

    def complete(self, request: Request) -> Completion:
        """Return the answer; `CallFailed` where there is none."""
        ...
