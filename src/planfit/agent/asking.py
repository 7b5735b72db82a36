"""Putting a question to a planner that is elsewhere: in a thread, within the time there is, while the workers work."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from planfit.agent.noticing import told
from planfit.agent.session import Session, StopRequested
from planfit.errors import BudgetSpent, ProviderError
from planfit.planners.base import Answer, Ask, Planner
from planfit.planners.expert.expert import Expert
from planfit.planners.in_front import InFront
from planfit.planners.registry import is_language_model
from planfit.records.calls import total
from planfit.records.events import ModelCalled, PlanRequested, Stage
from planfit.records.findings import Finding
from planfit.records.scores import Usage

TICK: Final = 0.2
"""Seconds after which it is seen that a person asked to stop."""
SHARE_OF_TIME: Final = 0.3
LEAST_SECONDS: Final = 3.0
LONGEST_RAW: Final = 20_000
CHARACTERS_PER_TOKEN: Final = 3.5


@dataclass
class Asking:
    """The questions of one sitting that are under way, and who answers instead of the planner."""

    session: Session
    experts: set[Stage] = field(default_factory=set)
    """Stages that the expert has taken over."""
    spent: str | None = None
    """Which limit of the language model is reached; from then on the expert answers."""
    in_between: bool = False
    """The expert takes a turn while a question is out."""
    _ahead: dict[tuple[Any, ...], tuple[Ask, Future[Answer]]] = field(default_factory=dict)
    """Questions that are under way, by their place."""
    _failed: ProviderError | None = None

    def prepared(self, ask: Ask) -> Ask:
        """Return the question with what the language model has cost, and until when an answer is of use."""
        if not online(self.session.planner):
            return ask
        noticed = told(self.session.run)
        return ask.having(asked=self._asked(ask), spent=self._spent(), answer_within=self._within(), noticed=noticed)

    def begin(self, ask: Ask) -> None:
        """Ask now, and take the answer when it is asked for with `put`."""
        if online(self._planner(ask.stage)):
            self._ahead[_place(ask)] = ask, self._submit(ask)

    def begin_once(self, ask: Ask) -> None:
        """Ask now, unless the record holds the question."""
        key = self.session.run.key("ask", 1, [ask.stage, ask.plan_kind, ask.round, ask.attempt])
        if self.session.run.find("plan_requested", ask_key=key) is None:
            self.begin(ask)

    def is_there(self, ask: Ask) -> bool:
        """Say whether the answer to a question that was begun can be had at once."""
        return _place(ask) not in self._ahead or self._ahead[_place(ask)][1].done()

    @contextmanager
    def by_expert(self) -> Iterator[None]:
        """Let the expert answer what is asked in between."""
        self.in_between = True
        try:
            yield
        finally:
            self.in_between = False

    def put(self, ask: Ask) -> Answer | Finding:
        """Return the planner's answer, or why there is none."""
        planner = self._planner(ask.stage)
        try:
            if not online(planner):
                return planner.propose(self._anew(ask) if planner.name == "expert" else ask)
            return self._awaited(ask)
        except BudgetSpent as limit:
            self.spent = limit.message
            self.session.note(
                ask.stage,
                "Where a limit on a language model's calls, tokens or money is reached, the expert decides what is left.",
                "the expert decides from here on",
                limit.message,
            )
            return self._by_expert(ask)
        except ProviderError as error:
            self._failed = error
            return Finding(code=error.code, gate="document", message=error.message, hint=error.hint)

    def _anew(self, ask: Ask) -> Ask:
        """Return a question for the expert: another planner's answer is not its own to mend."""
        if not ask.findings:
            return ask
        before = self.session.run.key("ask", 1, [ask.stage, ask.plan_kind, ask.round, ask.attempt - 1])
        asked = self.session.run.find("plan_requested", ask_key=before)
        if asked is None or not is_language_model(asked.planner):
            return ask
        return ask.having(previous=None, findings=())

    def take_over(self, stage: Stage, planner: str, because: str) -> None:
        """Let the expert answer in a stage from now on, as the user wanted."""
        self.experts.add(stage)
        self.session.note(
            stage,
            "With --fallback expert, the expert takes a stage over after three plans in a row that could not be used.",
            f"the expert takes over from {planner}",
            because,
        )

    def hand_over(self, stage: Stage, because: str | None) -> None:
        """Let the expert go on where a language model wants no more: its end is not the run's."""
        self.experts.add(stage)
        self.session.note(
            stage,
            "Where a language model has nothing to add, the expert goes on with what follows by rule.",
            "the expert goes on",
            because or "The language model sees nothing left that would help.",
        )

    def record(self, key: str, answer: Answer | Finding) -> None:
        """Bring the calls that led to an answer to the log."""
        calls = answer.calls if isinstance(answer, Answer) else self._failed.calls if self._failed else ()
        for number, call in enumerate(calls, 1):
            last = number == len(calls)
            raw = answer.raw if isinstance(answer, Answer) and last else None
            raw = None if raw is None else raw[:LONGEST_RAW].encode("utf-8", "replace").decode()
            self.session.run.append(ModelCalled(ask_key=key, number=number, call=call, answer=raw))
        self._failed = None

    def settle(self) -> None:
        """Bring to the log what questions have cost whose answers were not waited for: a stop, or no time for features."""
        for ask, future in self._ahead.values():
            key = self.session.run.key("ask", 1, [ask.stage, ask.plan_kind, ask.round, ask.attempt])
            if not future.done() or self.session.run.find("plan_requested", ask_key=key) is not None:
                continue
            failed = future.exception()
            answer = failed if isinstance(failed, ProviderError) else None if failed is not None else future.result()
            if answer is None or not answer.calls:
                continue
            asked = PlanRequested(
                ask_key=key,
                stage=ask.stage,
                plan_kind=ask.plan_kind,
                prompt=self.session.run.keep_text(answer.prompt),
                planner=self.session.planner.name,
                round=ask.round,
                attempt=ask.attempt,
            )
            self.session.run.append(asked)
            for number, call in enumerate(answer.calls, 1):
                self.session.run.append(ModelCalled(ask_key=key, number=number, call=call))
        self._ahead.clear()

    @property
    def prompt_of_failure(self) -> str:
        """What was asked where there was no answer."""
        return self._failed.prompt if self._failed is not None else ""

    def _planner(self, stage: Stage) -> Planner:
        planner = self.session.planner
        instead = stage in self.experts or self.spent is not None or self.in_between
        if not (instead and online(planner)):
            return planner
        return planner.before(Expert()) if isinstance(planner, InFront) else Expert()

    def _by_expert(self, ask: Ask) -> Answer:
        return Expert().propose(ask).having(planner="expert")

    def _submit(self, ask: Ask) -> Future[Answer]:
        planner, future = self._planner(ask.stage), Future[Answer]()

        def think() -> None:
            try:
                future.set_result(planner.propose(ask))
            except BaseException as error:
                future.set_exception(error)

        # a daemon: whoever leaves does not wait for a server that hangs
        threading.Thread(target=think, name="planner", daemon=True).start()
        return future

    def _awaited(self, ask: Ask) -> Answer:
        """Wait for the answer; a person who asks to stop need not."""
        if _place(ask) not in self._ahead:
            self._ahead[_place(ask)] = ask, self._submit(ask)
        _, future = self._ahead[_place(ask)]
        began = time.monotonic()
        while not wait([future], timeout=TICK).done:
            if self.session.stopping:
                raise StopRequested
        del self._ahead[_place(ask)]
        idle = round(time.monotonic() - began, 3)
        try:
            answer = future.result()
        except ProviderError as error:
            if error.calls:
                error.calls = (*error.calls[:-1], error.calls[-1].having(idle=idle))
            raise
        if answer.calls and answer.usage is not None:
            answer = answer.having(usage=answer.usage.having(idle_seconds=idle))
        return answer

    def _asked(self, ask: Ask) -> int:
        """Count the questions before this one that the language model answered first."""
        name = self.session.planner.name
        bodies = [event.body for event in self.session.run.events]
        called = {
            body.ask_key for body in bodies if body.kind == "model_called"
        }  # a fork has answers that cost nothing
        return sum(
            body.planner == name
            and body.ask_key in called
            and body.attempt == 1
            and (body.stage, body.plan_kind, body.round) != _place(ask)[:3]
            for body in bodies
            if body.kind == "plan_requested"
        )

    def _spent(self) -> Usage:
        """Sum up the run's calls so far; what a provider did not count is taken from the length of what was sent."""
        calls = [event.body.call for event in self.session.run.events if event.body.kind == "model_called"]
        known = total(calls)
        if known.tokens_in is None or known.tokens_out is None:
            guess = sum(call.tokens_in or int(call.sent_bytes / CHARACTERS_PER_TOKEN) for call in calls)
            out = sum(call.tokens_out or 0 for call in calls)
            known = known.having(tokens_in=guess, tokens_out=out)
        return known

    def _within(self) -> float | None:
        left = self.session.search_seconds()
        return None if left is None else max(LEAST_SECONDS, SHARE_OF_TIME * left)


def online(planner: Any) -> bool:
    """Say whether a planner's answers take their time, so that they are waited for elsewhere."""
    return bool(getattr(planner, "online", False))


def _place(ask: Ask) -> tuple[Any, ...]:
    return ask.stage, ask.plan_kind, ask.round, ask.attempt


__all__ = ["Asking", "online"]
