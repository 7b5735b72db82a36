"""Branching off: a new run that shares with its parent every step whose inputs are the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from planfit.agent.reviewing import last_word
from planfit.errors import DataChanged, PlanfitError, UsageError
from planfit.planners.base import Answer, Ask, Planner
from planfit.planners.in_front import InFront
from planfit.records.calls import Asking, Privacy
from planfit.records.run import RunRequest
from planfit.store.reader import RunReader
from planfit.store.steps import Shared
from planfit.store.store import Store

AS_BEFORE: Final = Asking()
"""A language model is asked as it was for the parent."""
Place = tuple[str, str, int]
"""Stage, kind of plan and round of a question."""
ORDER: Final = ("task", "feature_engineering", "model_search")
"""Stages in which a planner is asked, in order: what `--from` may name."""
SAME_TIME: Final = frozenset(
    {
        "scoring_folds",
        "seconds_for_candidate",
        "seconds_a_round",
        "seconds_for_second_try",
        "seconds_for_probe",
    }
)
"""What a clock decided of single pieces of work: a fork gives the same work the same, so that it need not be done again."""


@dataclass(frozen=True)
class Settled:
    """A plan that a run agreed on: its document, the prompt that led to it, and who gave it."""

    document: str
    prompt: str
    planner: str


class Following(InFront):
    """Gives the plans that the parent agreed on, up to a stage; from there on another planner is asked.

    Parameters
    ----------
    behind : Planner
    settled : mapping of Place to Settled
    until : str
        The first stage in which the planner behind is asked.
    parent : str
        Id of the run whose plans they are.
    """

    def __init__(self, behind: Planner, settled: Mapping[Place, Settled], until: str, parent: str) -> None:
        super().__init__(behind)
        self._settled = settled
        self._until = ORDER.index(until)
        self._parent = parent

    def holds(self, place: Place) -> bool:
        """Say whether the parent agreed on a plan at a place: stage, kind of plan, round."""
        return place in self._settled

    def propose(self, ask: Ask) -> Answer:
        stage = ORDER.index(ask.stage) if ask.stage in ORDER else len(ORDER)
        first = stage < self._until and ask.attempt == 1
        known = self._settled.get((ask.stage, ask.plan_kind, ask.round)) if first else None
        if known is None:
            return self._behind.propose(ask)
        return Answer(
            document=known.document,
            prompt=f"The answer of {self._parent}, which this run was forked from.\n\n{known.prompt}",
            planner=known.planner,
        )


def request_of_fork(
    parent: RunReader,
    *,
    sentence: str | None,
    planner: str | None,
    features: dict[str, Any] | None,
    start: str | None,
    asking: Asking = AS_BEFORE,
    privacy: Privacy | None = None,
    review: tuple[str, ...] = (),
) -> RunRequest:
    """Return what a fork is asked to do: what its parent was, but for what is named.

    Raises
    ------
    UsageError
        Nothing is named, or no such stage.
    """
    before = parent.request
    if start is not None and start not in ORDER:
        raise UsageError(f"{start!r} is no stage to start from.", hint=f"Name one of {', '.join(ORDER)}.")
    otherwise = asking != AS_BEFORE or privacy is not None
    if sentence is None and planner is None and features is None and start is None and not otherwise:
        raise UsageError(
            "A fork differs from its parent in something.",
            hint="Give a new sentence, --planner, --features PLAN.json, or --from STAGE.",
        )
    if before.scorer is not None:
        raise UsageError(
            f"Run {parent.id} was judged by a scorer of the user's own, which no record holds.",
            hint="Start a new run with it; steps that do not depend on it are found again all the same.",
        )
    if start is None and sentence is None and planner is None and not otherwise:
        start = "feature_engineering"  # a plan of one's own for the same task
    return asked_anew(before, asking, privacy).having(
        sentence=before.sentence if sentence is None else sentence,
        planner=before.planner if planner is None else planner,
        features=before.features if features is None else features,
        follow=None if start == ORDER[0] else start,
        review=review,
    )


def asked_anew(before: RunRequest, asking: Asking, privacy: Privacy | None) -> RunRequest:
    """Return a request in which a language model is asked as it was, but for what is named."""
    named = [name for name in Asking.model_fields if getattr(asking, name) != getattr(AS_BEFORE, name)]
    return before.having(
        asking=before.asking.having(**{name: getattr(asking, name) for name in named}),
        privacy=before.privacy if privacy is None else privacy,
    )


def table_of(parent: RunReader, given: str | None) -> tuple[Any, str | None]:
    """Return where the parent's table is, and its content hash where the parent got as far as to read it."""
    known = parent.find("step_finished", name="table")
    expected = None if known is None else str(known.result["content_hash"])
    if given is not None:
        return given, expected
    if parent.request.data is not None:
        return parent.request.data, expected
    kept = parent.path / "data.parquet"
    if not kept.is_file():
        raise DataChanged(
            f"Run {parent.id} ended before it could keep its table, which came from memory or standard input.",
            hint="Name a file with --data FILE.",
        )
    return str(kept), expected


def parent_of(store: Store, run: RunReader) -> RunReader | None:
    """Return the run that another was forked from, if it is still there and whole."""
    if run.forked_from is None:
        return None
    try:
        parent = store.open(run.root / run.forked_from)
        return parent if parent.events else None
    except PlanfitError:
        return None


def inherited(parent: RunReader) -> dict[tuple[str, str], Any]:
    """Return what a clock decided in the parent about single pieces of work."""
    bodies = [event.body for event in parent.standing if event.body.kind == "clock_decided"]
    return {(body.key, body.name): body.value for body in bodies if body.name in SAME_TIME}


def steps_of(parent: RunReader) -> dict[str, Shared]:
    """Return the steps that a parent has finished, by key, as far as this user signed them."""
    finished = [event.body for event in parent.standing if event.body.kind == "step_finished" and parent.signed(event)]
    return {body.key: Shared(parent.id, body) for body in finished}


def following(planner: Planner, parent: RunReader, until: str) -> Planner:
    """Return a planner that gives the plans that the parent agreed on up to a stage: as a person edited them, if one did."""
    bodies = [event.body for event in parent.standing]
    documents = {body.ask_key: body.document for body in bodies if body.kind == "plan_proposed"}
    accepted = {body.ask_key for body in bodies if body.kind == "plan_accepted"}
    failed = {body.ask_key for body in bodies if body.kind == "plan_failed"}
    settled: dict[Place, Settled] = {}
    for body in bodies:
        if body.kind == "plan_requested" and body.ask_key in documents and body.ask_key in accepted - failed:
            said = last_word(parent, body.ask_key)
            own = said.plan if said is not None and said.says == "edit" else None
            document = own or documents[body.ask_key]
            settled[body.stage, body.plan_kind, body.round] = Settled(
                document, parent.prompt(body.prompt), body.planner
            )
    return Following(planner, settled, until, parent.id)
