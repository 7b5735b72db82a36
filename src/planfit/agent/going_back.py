"""Going back to an earlier state of a run: where that is in the log, and what it means for the search that goes on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from planfit.errors import UsageError
from planfit.records.canonical import canonical_json
from planfit.records.events import Event, StepFinished
from planfit.records.scores import CandidateSpec
from planfit.store.history import standing, target_of
from planfit.store.run import RunReader

_SCORED = re.compile(r"(?:candidate|ensemble) (c\d+)")
_SET = re.compile(r"features (v\d+)")


@dataclass(frozen=True)
class Undone:
    """What a person has set aside. Its names are not given again, and it is not tried again by itself."""

    candidates: tuple[CandidateSpec, ...] = ()
    plans: tuple[dict[str, Any], ...] = ()
    candidate_jumps: dict[int, int] = field(default_factory=dict)
    """From the last number that counts to the last that was given."""
    set_jumps: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, run: RunReader) -> Undone:
        """Return what the log says was set aside."""
        events, counting = run.events, run.standing
        if not any(target_of(event) for event in counting):
            return cls()
        specs: list[CandidateSpec] = []
        plans: list[dict[str, Any]] = []
        candidate_jumps, set_jumps = {}, {}
        for event in counting:
            if (last := target_of(event)) is not None:
                before = [known for known in events if known.no < event.no]
                there = [known for known in standing(before) if known.no <= last]
                candidate_jumps[_highest(there, _SCORED)] = _highest(before, _SCORED)
                set_jumps[_highest(there, _SET)] = _highest(before, _SET)
                gone_specs, gone_plans = _barred(event, [known for known in standing(before) if known.no > last])
                specs, plans = specs + gone_specs, plans + gone_plans
        again = {identity(spec) for spec in _specs(counting)}
        made = [canonical_json(plan) for plan in _plans(counting)]
        return cls(
            candidates=tuple(spec for spec in specs if identity(spec) not in again),
            plans=tuple(plan for plan in plans if canonical_json(plan) not in made),
            candidate_jumps=candidate_jumps,
            set_jumps=set_jumps,
        )


def _barred(rollback: Event, gone: list[Event]) -> tuple[list[CandidateSpec], list[dict[str, Any]]]:
    """Return what is not to be tried again after a rollback.

    Going back to a feature set bars the later sets and what rests on them, going back to a candidate bars all that came
    after it; going back to an event only moves the head, so that another planner may come to the same.
    """
    what = str(getattr(rollback.body, "detail", None)).partition(" ")[0]
    if what == "event":
        return [], []
    specs, plans = _specs(gone), _plans(gone)
    if what == "features":
        names = {found[1] for event in gone if (found := _SET.fullmatch(getattr(event.body, "name", "")))}
        specs = [spec for spec in specs if spec.features in names]
    return specs, plans


def identity(spec: CandidateSpec) -> str:
    """Return what makes a candidate the same as another."""
    return str(canonical_json([spec.family, spec.params, spec.features]))


def find_event(reader: RunReader, to: str) -> tuple[int, str]:
    """Return the last event that counts when a run goes back, and in words what that is.

    Parameters
    ----------
    reader : RunReader
    to : str
        ``features/v1``, ``candidates/c004``, or the number of an event.

    Raises
    ------
    UsageError
        There is no such state, or the run stands there already.
    """
    place = to.strip().strip("/")
    if place.isdigit():
        return _numbered(reader, int(place)), f"event {int(place)}"
    folder, _, name = place.rpartition("/")
    if folder in ("", "candidates") and re.fullmatch(r"c\d+", name):
        return _candidate(reader, name), f"candidate {name}"
    if folder in ("", "features") and re.fullmatch(r"v\d+", name):
        return _feature_set(reader, name), f"features {name}"
    raise UsageError(
        f"{to!r} is no state of a run.",
        hint=f"Name features/v1, candidates/c004, or the number of an event, 1 to {len(reader.events)}.",
    )


def _numbered(reader: RunReader, no: int) -> int:
    last = reader.events[-1].no
    if not 1 <= no < last:
        raise UsageError(
            f"Run {reader.id} cannot go back to event {no}.",
            hint=f"It has events 1 to {last}; name one before the last.",
        )
    if all(event.no != no for event in reader.standing):
        raise UsageError(
            f"Event {no} of run {reader.id} does not count any more: a person has gone back behind it.",
            hint=f"`planfit trace {reader.id}` shows what counts.",
        )
    return no


def _candidate(reader: RunReader, name: str) -> int:
    finished = {
        found[1]: event.no
        for event in reader.standing
        if isinstance(event.body, StepFinished) and (found := _SCORED.fullmatch(event.body.name))
    }
    if name not in finished:
        raise _no_such("candidate", name, list(finished), reader)
    if not _anything_behind(reader, finished[name]):
        raise UsageError(
            f"{name} is the last candidate of run {reader.id}: there is nothing to go back behind.",
            hint=f"`planfit resume {reader.id}` goes on from there.",
        )
    return finished[name]


def _feature_set(reader: RunReader, name: str) -> int:
    """Return the last event before a feature set that came later was proposed."""
    made = {
        found[1]: event.no
        for event in reader.standing
        if isinstance(event.body, StepFinished) and event.body.files and (found := _SET.fullmatch(event.body.name))
    }
    if name != "v0" and name not in made:
        raise _no_such("feature set", name, ["v0", *made], reader)
    gone = {event.body.frm for event in reader.standing if event.body.kind == "rolled_back"}
    if name in gone:
        raise UsageError(
            f"Feature set {name} was found worse than its parent and rolled back: the run cannot go on from it.",
            hint=f"`planfit fork {reader.id} --features {reader.path / 'features' / name / 'plan.json'}` tries it as your own plan.",
        )
    later = [no for other, no in made.items() if int(other[1:]) > int(name[1:]) and other not in gone]
    if not later:
        raise UsageError(
            f"No feature set after {name} is in use in run {reader.id}: there is nothing to go back behind.",
            hint=f"`planfit resume {reader.id}` goes on from there.",
        )
    asked = [event.no for event in reader.standing if event.body.kind == "plan_requested" and event.no < min(later)]
    first = _first_attempt(reader, asked[-1])
    return first - 1


def _first_attempt(reader: RunReader, no: int) -> int:
    """Return the event at which a question was put for the first time: its refused answers go with it."""
    body: Any = reader.events[no - 1].body
    same = [
        event.no
        for event in reader.standing
        if event.body.kind == "plan_requested"
        and (event.body.stage, event.body.plan_kind, event.body.round) == (body.stage, body.plan_kind, body.round)
    ]
    return min(same)


def _anything_behind(reader: RunReader, no: int) -> bool:
    idle = {"run_resumed", "log_repaired", "run_halted", "command_received"}
    return any(event.no > no and event.body.kind not in idle for event in reader.standing)


def _no_such(what: str, name: str, known: list[str], reader: RunReader) -> UsageError:
    near = get_close_matches(name, known, 1)
    hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(known) or 'none yet'}."
    return UsageError(f"There is no {what} {name} in run {reader.id}.", hint=hint)


def _highest(events: list[Event], pattern: re.Pattern[str]) -> int:
    names = [
        found[1]
        for event in events
        if event.body.kind == "step_finished" and (found := pattern.fullmatch(event.body.name))
    ]
    names += [
        event.body.failure.spec.id for event in events if event.body.kind == "candidate_failed" and pattern is _SCORED
    ]
    return max((int(name[1:]) for name in names), default=0)


def _specs(events: Any) -> list[CandidateSpec]:
    bodies = [event.body for event in events if event.body.kind == "step_finished"]
    return [CandidateSpec.model_validate(body.result["spec"]) for body in bodies if body.name.startswith("candidate ")]


def _plans(events: Any) -> list[dict[str, Any]]:
    """Return the feature plans that were accepted, without what does not change their meaning."""
    found = []
    for event in events:
        plan = event.body.plan if event.body.kind == "plan_accepted" else None
        if isinstance(plan, dict):
            plan = plan["plan"] if plan.get("move") == "revise" else plan
            if plan.get("transformations"):
                found.append(plan)
    return found
