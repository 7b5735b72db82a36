"""The language model as a planner: what it is asked, and the plan that its answer means."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from planfit.errors import ProviderError
from planfit.planners.base import Answer, Ask, Planner
from planfit.planners.expert.next_step import MoveView, new_features_are_used
from planfit.planners.llm import choices, corrections, lenient
from planfit.planners.llm.additions import added
from planfit.planners.llm.calling import ANSWER_TOKENS, Caller
from planfit.planners.llm.provider import Request
from planfit.planners.llm.sent import Sent
from planfit.planners.llm.unwire import from_wire, to_wire
from planfit.planners.llm.wire import Names, wire_schema
from planfit.planners.privacy import Screen
from planfit.planners.prompts import Reference, prompt_for
from planfit.planners.prompts.digest import tokens
from planfit.records.calls import Asking, ModelCall, Privacy, total
from planfit.settings import CANDIDATES_TO_OVERLAP

MOST_QUESTIONS: Final = 4
"""Questions of a run that the model is asked, corrections apart; the expert decides what is left."""
USUAL_TOKENS: Final = 20_000
"""Of a run, in and out, corrections apart: a further move is not asked for beyond, unless the user allows more."""
LONGEST_KEPT: Final = 100_000
"""Characters of an answer that is no plan."""
ROLE: Final = "# Role\n"


class LanguageModel:
    """Asks a language model for plans.

    The model is asked what its knowledge counts for: the task, the features, and the moves once the first candidates are
    scored. What follows by rule (the first portfolio, what to do when nothing is left to spend, the end) the expert
    decides, at no cost.

    Parameters
    ----------
    name : str
        As the user wrote it, e.g. ``"openai:gpt-5"``.
    caller : Caller
    asking : Asking
    privacy : "schema", "profile" or "samples"
    expert : Planner
        Decides what follows by rule.
    local : bool
        The server is on this machine: it takes bounds, a temperature and a seed, and may be slow.
    max_tokens : int
        The longest answer.
    seconds : float
        That one call may take.
    """

    online = True

    def __init__(
        self,
        name: str,
        caller: Caller,
        asking: Asking,
        privacy: Privacy,
        expert: Planner,
        *,
        sent: Sent,
        local: bool = False,
        max_tokens: int = 4_000,
        seconds: float = 60.0,
    ) -> None:
        self.name = name
        self._caller, self._asking, self._privacy, self._expert = caller, asking, privacy, expert
        self._sent, self._local, self._max_tokens, self._seconds = sent, local, max_tokens, seconds
        self.small = asking.small

    def attach(self, folder: Path) -> None:
        """Write what leaves into ``sent.jsonl`` of a run's folder."""
        self._sent.folder = folder

    def close(self) -> None:
        """Let go of the connections."""
        close = getattr(self._caller.provider, "close", None)
        if close is not None:
            close()

    def propose(self, ask: Ask) -> Answer:
        """Return the model's plan, or the expert's where the answer follows by rule."""
        if follows_by_rule(ask):
            return self._expert.propose(ask).having(planner="expert")
        if self.small:
            return self._chosen(ask)
        try:
            return self._written(ask)
        except ProviderError as error:
            if not any(call.outcome == "too_long_a_prompt" for call in error.calls):
                raise
            self.small = True  # found out once: whole prompts do not fit into its context
            return self._chosen(ask, error.calls)

    def _written(self, ask: Ask) -> Answer:
        """Ask for a whole plan."""
        screen = Screen(self._privacy, self._asking.redact, ask.profile.names)
        shown = ask.having(previous=_as_sent(ask))
        prompt = prompt_for(shown, Reference.installed(ask), screen=screen, knowledge=self._asking.knowledge)
        schema = screen.names_out(wire_schema(ask.plan_kind, Names.of(ask), bounded=self._local))
        system, user = split(prompt)
        if ask.plan_kind == "NextStep" and not ask.findings and self._too_much(ask, prompt, schema):
            return self._expert.propose(ask).having(planner="expert")
        return self._asked(ask, system, user, schema, lambda text: _plan_in(ask, screen, text), self._max_tokens)

    def _too_much(self, ask: Ask, prompt: str, schema: dict[str, Any]) -> bool:
        """Say whether a move is not worth its tokens: tables of hundreds of columns make long prompts."""
        most = USUAL_TOKENS if self._asking.max_tokens is None else self._asking.max_tokens
        used = (ask.spent.tokens_in or 0) + (ask.spent.tokens_out or 0)
        return used + tokens(prompt + json.dumps(schema)) + ANSWER_TOKENS > most

    def _chosen(self, ask: Ask, before: tuple[ModelCall, ...] = ()) -> Answer:
        """Let the model choose among a few legal options."""
        screen = Screen(self._privacy, self._asking.redact, ask.profile.names)
        offer = (corrections if ask.findings else choices).offer(ask, self._expert, screen)
        if offer is None or not offer.keys:
            answer = self._expert.propose(ask).having(planner="expert", calls=before)
            return answer if offer is None else answer.having(document=json.dumps(offer.plan({}), ensure_ascii=False))
        system, user = split(offer.prompt)

        def read(text: str) -> str:
            chosen = lenient.read(text)
            if not isinstance(chosen, dict):
                return _kept(text)
            chosen = screen.back(chosen)
            made = added(ask, offer.plan(chosen) if any(key in chosen for key in offer.keys) else chosen)
            return json.dumps(made, ensure_ascii=False).encode("utf-8", "replace").decode()

        answer = self._asked(ask, system, user, offer.schema, read, choices.MOST_TOKENS)
        return answer.having(calls=(*before, *answer.calls))

    def _asked(
        self, ask: Ask, system: str, user: str, schema: dict[str, Any], read: Callable[[str], str], most: int
    ) -> Answer:
        request = Request(
            system=system,
            user=user,
            name=ask.plan_kind,
            schema=schema,
            max_tokens=most,
            seconds=self._seconds,
            mode=self._caller.mode,
            temperature=0.0 if self._local else None,
            seed=ask.attempt if self._local else None,
        )
        prompt = f"{ROLE}{system}\n\n{user}"
        try:
            answered = self._caller.ask(request, ask.spent, ask.answer_within)
        except ProviderError as error:
            error.prompt = prompt
            raise
        text = answered.completion.text
        document = read(text)
        return Answer(
            document=document,
            prompt=prompt,
            usage=total(answered.calls),
            calls=answered.calls,
            raw=text if text != document else None,
        )


def follows_by_rule(ask: Ask) -> bool:
    """Say whether a question needs no model: nothing to choose, the model asked often enough, or too slow for the time left."""
    if ask.asked >= MOST_QUESTIONS or _too_slow(ask):
        return True
    if ask.plan_kind != "NextStep":
        return False
    view = MoveView(ask)
    if view.spent is not None or not view.singles:
        return True
    # else they are trained while the model thinks
    return view.candidates < CANDIDATES_TO_OVERLAP and any(new_features_are_used(view))


def _too_slow(ask: Ask) -> bool:
    """Say whether the model's calls took longer so far, on average, than an answer is of use now."""
    calls, seconds = ask.spent.calls, ask.spent.seconds
    return ask.answer_within is not None and calls > 0 and seconds is not None and seconds / calls > ask.answer_within


def split(prompt: str) -> tuple[str, str]:
    """Return the role, which goes first, and the rest.

    >>> split("# Role\\nYou plan.\\n\\n# Table\\n3 rows\\n")
    ('You plan.', '# Table\\n3 rows\\n')
    """
    role, _, rest = prompt.removeprefix(ROLE).partition("\n\n# ")
    return role, f"# {rest}"


def _as_sent(ask: Ask) -> str | None:
    """Return the last answer in the form in which it is asked for, where it is a plan at all."""
    try:
        document = json.loads(ask.previous or "")
        return json.dumps(to_wire(ask.plan_kind, document), ensure_ascii=False)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return ask.previous


def _plan_in(ask: Ask, screen: Screen, text: str) -> str:
    """Return the plan in an answer as JSON in the plan language; the text itself where there is none."""
    document = lenient.read(text)
    if document is None:
        return _kept(text)
    plan = added(ask, from_wire(ask.plan_kind, screen.back(document)))
    return json.dumps(plan, ensure_ascii=False).encode("utf-8", "replace").decode()


def _kept(text: str) -> str:
    """Return an answer that is no plan, shortened where it is long without end."""
    kept = text.encode("utf-8", "replace").decode()
    return kept if len(kept) <= LONGEST_KEPT else f"{kept[:2_000]} ... ({len(kept):,} characters)"
