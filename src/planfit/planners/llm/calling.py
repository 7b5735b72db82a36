"""From one question to one answer: bounded tries with pauses between them, inside the limits, each try accounted for."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from planfit.errors import BudgetSpent, ProviderError
from planfit.planners.llm.prices import cost
from planfit.planners.llm.provider import CallFailed, Completion, Provider, Request
from planfit.planners.prompts.digest import tokens
from planfit.planners.prompts.texts import version
from planfit.records.calls import Asking, Mode, ModelCall, Outcome
from planfit.records.scores import Usage

MOST_TRIES: Final = 4
"""Calls within one attempt."""
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 20.0
"""Seconds; a provider that asks for more is given up for this attempt."""
AGAIN: Final[frozenset[Outcome]] = frozenset({"rate_limited", "server_error", "unreachable", "not_readable"})
"""What may go away by itself. A time-out does not: who was too slow once is too slow again."""
ANSWER_TOKENS: Final = 700
"""Of a usual plan, for the forecast."""


@dataclass(frozen=True)
class Answered:
    """An answer and the calls that led to it."""

    completion: Completion
    calls: tuple[ModelCall, ...]


@dataclass(frozen=True)
class Money:
    """How calls are priced."""

    provider: str | None = None
    own: bool = False
    """The server is the user's own."""


class Caller:
    """Asks a provider, within the user's limits.

    Parameters
    ----------
    provider : Provider
    asking : Asking
        The user's limits and prices.
    money : Money
    pause : callable
        Sleeps; a test gives another.
    chance : random.Random or None
        Jitter of the pauses.
    """

    def __init__(
        self,
        provider: Provider,
        asking: Asking,
        money: Money,
        *,
        pause: Callable[[float], object] = time.sleep,
        chance: random.Random | None = None,
    ) -> None:
        self.provider = provider
        self._asking, self._money, self._pause = asking, money, pause
        self._chance = chance or random.Random()
        self.mode: Mode = provider.modes[0]
        """What the provider takes, as far as is known; found out once."""

    def ask(self, request: Request, spent: Usage, within: float | None = None) -> Answered:
        """Return the answer to a question.

        Parameters
        ----------
        spent : Usage
            What the run has spent before; limits are checked against it and a forecast before each call.
        within : float or None
            Seconds for all tries together.

        Raises
        ------
        BudgetSpent
            A call would go beyond the limits; nothing was sent.
        ProviderError
            There was no answer; its calls are with it.
        """
        calls: list[ModelCall] = []
        ends = None if within is None else time.monotonic() + within
        waited = 0.0
        while True:
            request = replace(request, mode=self.mode)
            request = self._afforded(request, spent, calls)
            left = None if ends is None else ends - time.monotonic()
            if left is not None and left < 0.5 and calls:
                raise self._given_up(calls, "no time is left for another try")
            seconds = request.seconds if left is None else max(0.5, min(request.seconds, left))
            answer, call = self._once(replace(request, seconds=seconds), waited)
            calls.append(call)
            if answer is not None:
                return Answered(answer, tuple(calls))
            if call.outcome in ("mode_not_supported", "bad_request") and self._step_down():
                waited = 0.0
                continue
            if call.outcome == "bad_request":
                self.mode = self.provider.modes[0]  # it was not the form that it did not take
            if call.outcome not in AGAIN or sum(one.outcome in AGAIN for one in calls) >= MOST_TRIES:
                raise self._given_up(calls)
            waited = self._wait(calls, ends)

    def _once(self, request: Request, waited: float) -> tuple[Completion | None, ModelCall]:
        began = time.monotonic()
        answer: Completion | None = None
        outcome: Outcome
        detail, status, self._retry_after = "", None, None
        try:
            answer = self.provider.complete(request)
            outcome, detail = judged(answer)
        except CallFailed as failed:
            outcome, detail, status, self._retry_after = (
                failed.outcome,
                failed.detail,
                failed.status,
                failed.retry_after,
            )
        figures = answer or Completion("")
        sent = getattr(self.provider, "transport", None)
        call = ModelCall(
            provider=self.provider.name,
            model=self.provider.model,
            outcome=outcome,
            detail=detail,
            status=status,
            finish_reason=figures.finish_reason,
            mode=request.mode,
            tokens_in=figures.tokens_in,
            tokens_cached=figures.tokens_cached,
            tokens_out=figures.tokens_out,
            cost_usd=self._cost(figures) if answer is not None else None,
            seconds=round(time.monotonic() - began, 3),
            waited=round(waited, 3),
            sent_sha256=getattr(sent, "sent_sha256", ""),
            sent_bytes=getattr(sent, "sent_bytes", 0),
            prompts=version(),
        )
        return (answer if outcome == "answered" else None), call

    def _cost(self, figures: Completion) -> float | None:
        return cost(
            self._money.provider,
            self.provider.model,
            figures.tokens_in,
            figures.tokens_cached,
            figures.tokens_out,
            own=self._asking.prices,
            free=self._money.own,
        )

    def _step_down(self) -> bool:
        """Ask for the form in the next looser way from now on; False where there is none."""
        modes = self.provider.modes
        place = modes.index(self.mode)
        if place + 1 >= len(modes):
            return False
        self.mode = modes[place + 1]
        return True

    def _wait(self, calls: list[ModelCall], ends: float | None) -> float:
        """Pause before the next try: as long as the provider asks, else longer each time, never in step with others."""
        usual = FIRST_PAUSE * 2 ** (len(calls) - 1) * self._chance.uniform(0.5, 1.0)
        asked = self._retry_after
        pause = min(usual, LONGEST_PAUSE) if asked is None else asked + self._chance.uniform(0.0, 0.25)
        if pause > LONGEST_PAUSE + 0.25:
            raise self._given_up(calls, f"it asks to wait {pause:.0f} seconds")
        if ends is not None and time.monotonic() + pause >= ends:
            raise self._given_up(calls, "no time is left for another try")
        self._pause(pause)
        return pause

    def _afforded(self, request: Request, spent: Usage, calls: list[ModelCall]) -> Request:
        """Return the request within the limits; raise where it would go beyond one by what it will probably take."""
        asking = self._asking
        into, out = forecast(request)
        made = spent.calls + len(calls)
        if asking.max_calls is not None and made + 1 > asking.max_calls:
            raise BudgetSpent(f"The limit of {asking.max_calls} calls of the language model is reached.")
        used = (spent.tokens_in or 0) + (spent.tokens_out or 0)
        used += sum((call.tokens_in or 0) + (call.tokens_out or 0) for call in calls)
        if asking.max_tokens is not None:
            if used + into + out > asking.max_tokens:
                raise BudgetSpent(
                    f"{used:,} tokens are used and the next call would take about {into + out:,}: more than the limit "
                    f"of {asking.max_tokens:,}."
                )
            request = replace(request, max_tokens=min(request.max_tokens, asking.max_tokens - used - into))
        if asking.max_cost is not None:
            paid = (spent.cost_usd or 0.0) + sum(call.cost_usd or 0.0 for call in calls)
            next_one = self._cost(Completion("", tokens_in=into, tokens_out=out)) or 0.0
            if paid + next_one > asking.max_cost:
                raise BudgetSpent(
                    f"{paid:.4f} US dollars are spent and the next call would cost about {next_one:.4f}: more than the "
                    f"limit of {asking.max_cost:g}."
                )
        return request

    def _given_up(self, calls: list[ModelCall], why: str = "") -> ProviderError:
        last = calls[-1]
        tries = f" ({len(calls)} tries)" if len(calls) > 1 else ""
        more = f"; {why}" if why else ""
        code, said = _SAID.get(last.outcome, ("planner-unreachable", "gave no answer"))
        message = f"{last.provider}:{last.model} {said}{tries}: {last.detail or last.outcome}{more}."
        return ProviderError(message, code=code, calls=tuple(calls), hint=_HINTS.get(last.outcome))


_SAID: Final[dict[Outcome, tuple[str, str]]] = {
    "refused": ("answer-refused", "declined to answer"),
    "cut_off": ("answer-cut-off", "did not finish its answer"),
    "empty": ("answer-empty", "gave an empty answer"),
    "rate_limited": ("planner-unreachable", "takes no more calls for now"),
    "server_error": ("planner-unreachable", "has an error of its own"),
    "unreachable": ("planner-unreachable", "cannot be reached"),
    "timed_out": ("planner-unreachable", "took too long"),
    "too_large": ("planner-unreachable", "answered without end"),
    "not_allowed": ("planner-unreachable", "refused the call"),
    "not_found": ("planner-unreachable", "knows no such model or address"),
    "too_long_a_prompt": ("planner-unreachable", "takes no prompt of this length"),
}
_HINTS: Final[dict[Outcome, str]] = {
    "not_allowed": "Check the key in the environment; `planfit doctor` names its variable.",
    "not_found": "Check the model's name and --base-url.",
    "unreachable": "Check that the server is there and --base-url.",
    "too_long_a_prompt": "Use --small-model, or serve the model with a longer context.",
    "timed_out": "Give it longer with --answer-within, and the run with a larger --time-limit.",
    "cut_off": "The answer must be shorter.",
}


def judged(answer: Completion) -> tuple[Outcome, str]:
    """Return what became of a call that was answered: a refusal, a cut or empty answer is none."""
    if answer.refusal is not None or answer.finish_reason == "content_filter":
        return "refused", " ".join((answer.refusal or "its filter held the answer back").split())[:300]
    if answer.finish_reason == "length":
        return "cut_off", f"it ended after {answer.tokens_out or 'the most'} tokens that it may have"
    if not answer.text.strip():
        return "empty", "there is no text in it"
    return "answered", ""


def forecast(request: Request) -> tuple[int, int]:
    """Return about how many tokens a call takes in and gives out."""
    import json

    shown = len(json.dumps(request.schema)) if request.mode in ("json_schema", "tool") else 0
    return tokens(request.system + request.user) + int(shown / 3.5), min(request.max_tokens, ANSWER_TOKENS)
