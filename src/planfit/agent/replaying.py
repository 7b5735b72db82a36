"""The whole run again from its record: no network, and no decision by a clock that the record has not made already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from planfit.agent import conduct
from planfit.agent.going_back import Undone
from planfit.agent.reviewing import last_word
from planfit.amounts import counted
from planfit.data.sources.address import absolute
from planfit.errors import PlanfitError, UsageError
from planfit.planners.recorded import Recorded, Recording
from planfit.planners.replay import Position
from planfit.records.canonical import Record, digest
from planfit.records.jobs import FitJob, JobFailed, ScreenJob
from planfit.records.review import Verdict, Waiting
from planfit.records.scores import Allotment, CandidateResult, CandidateSpec
from planfit.store.run import RunReader
from planfit.store.store import Store

Listener = Callable[[Any], None]
_VOLATILE: Final = ("seconds", "latency", "sha256", "bytes", "key", "models", "oof", "history", "files", "pipeline",
                    "transformed", "ledger", "memory", "cache", "path", "origin",
                    "importance")  # fmt: skip
"""What may differ from run to run without a difference in what was done: times, and files that hold times."""


_JUDGED_BY_USE: Final = ("bundle", "insight", "latency")
"""Steps that write files and take times; what the bundle predicts is compared."""
SEARCHED: Final = ("plan", "tuning")
"""Origins of the candidates that a search numbers."""


class Replayed(Record):
    """What a replay found."""

    recorded: str
    """Id of the recorded run."""
    equal: bool
    difference: str | None = None
    """The first one, in words."""
    rows: int = 0
    """Rows whose predictions were compared."""
    compared: int = 0
    """Questions, answers, plans and steps that were compared."""
    path: str | None = None
    """Folder of the replayed run, where it is kept."""


class Followed:
    """What a clock and persons decided in a recorded run, given again; what they went back behind is left out."""

    def __init__(self, reader: RunReader) -> None:
        self._by_key: dict[tuple[str, str], Any] = {}
        self._in_order: defaultdict[str, list[Any]] = defaultdict(list)
        for event in reader.standing:
            if event.body.kind == "clock_decided":
                self._by_key[event.body.name, event.body.key] = event.body.value
                self._in_order[event.body.name].append(event.body.value)
        self._given: defaultdict[str, int] = defaultdict(int)
        self._clocks = clocks_in(reader)
        self._late = late_in(reader)
        self._ended = ended_by_clock_in(reader)
        self._reader = reader
        self._stopped = reader.find("run_stopped", reason="person") is not None
        self._asked = {event.body.ask_key for event in reader.standing if event.body.kind == "plan_requested"}
        self._tried = tried_in(reader)
        self.undone = Undone.of(reader)
        """What a person went back behind: its names are not given again."""
        self.halts = conduct.halts(reader)
        """The halts that the run was taken up behind."""

    def look(self, waiting: Waiting) -> Verdict:
        """Say what the person of the record said to a plan."""
        return last_word(self._reader, waiting.ask_key) or Verdict()

    def ended_before(self, ask_key: str) -> bool:
        """Say whether a person had stopped the recorded run before a question was asked."""
        return self._stopped and ask_key not in self._asked

    def never_ended(self, job: Any) -> bool:
        """Say whether a job is of a candidate that was under way when a person stopped the recorded run."""
        return (
            self._stopped and isinstance(job, FitJob) and job.spec.origin in SEARCHED and job.spec.id not in self._tried
        )

    def begun(self, name: str) -> bool:
        """Say whether the recorded run had begun a candidate."""
        return self._reader.find("step_started", name=name) is not None

    def __call__(self, name: str, key: str, f: Callable[[], Any]) -> Any:
        """Return the recorded value: by its key, else, where a key holds a fitted model, by its place; else a new one."""
        place = self._given[name]
        self._given[name] += 1
        if (name, key) in self._by_key:
            return self._by_key[name, key]
        values = self._in_order[name]
        return values[place] if place < len(values) else f()

    def as_then(self, job: Any) -> Any:
        """Return a job without a deadline; what one did to it in the record is done again, at the same looks at the clock."""
        if isinstance(job, ScreenJob):
            return job.having(clock=(self._clocks.get("discovery"),))
        if isinstance(job, FitJob) and job.allotment.seconds is not None:
            clock = self._clocks.get(_fit_name(job.spec, job.allotment))
            return job.having(allotment=job.allotment.having(seconds=None), clock=clock)
        return job

    def too_late(self, spec: CandidateSpec, allotment: Allotment) -> JobFailed | None:
        """Return the failure of a candidate for which the time was too short in the record."""
        return self._late.get(_fit_name(spec, allotment))

    def ended_by_clock(self, name: str) -> Any:
        """Return what the record holds of a step that time ended; None of all others."""
        return self._ended.get(name)


def _fit_name(spec: CandidateSpec, allotment: Allotment) -> str:
    """Return what a fit goes by in the record: a side of a probe by its features, a second try apart from the first."""
    if spec.origin == "probe":
        return f"probe-side {spec.features}"
    return f"candidate {spec.id}{' again' if allotment.retry else ''}"


def clocks_in(reader: RunReader) -> dict[str, Any]:
    """Return what the clock decided within jobs: of fits the folds and where each was cut, of the look for columns its end."""
    found: dict[str, Any] = {}
    for event in reader.standing:
        body = event.body
        if body.kind != "step_finished" or not isinstance(body.result, dict):
            continue
        if body.name == "discovery":
            found[body.name] = body.result.get("looks")
        elif body.name.startswith("probe-side ") and "clock" in body.result:
            found[body.name] = tuple(tuple(each) for each in body.result["clock"])
        elif body.name.startswith("candidate ") and body.result["spec"]["origin"] != "ensemble":
            made = CandidateResult.model_validate(body.result)
            found[_fit_name(made.spec, made.allotment)] = tuple(fold.clock for fold in made.folds)
    return found


def late_in(reader: RunReader) -> dict[str, JobFailed]:
    """Return the fits that failed for want of time."""
    failures = (event.body.failure for event in reader.standing if event.body.kind == "candidate_failed")
    return {
        _fit_name(failure.spec, failure.allotment): JobFailed(
            ticket=-1, cause=failure.cause, detail=failure.detail, seconds=failure.seconds, folder=""
        )
        for failure in failures
        if failure.cause == "timeout" and failure.allotment is not None
    }


def ended_by_clock_in(reader: RunReader) -> dict[str, Any]:
    """Return the results of steps other than candidates that were not finished for want of time."""
    found = {}
    for event in reader.standing:
        body = event.body
        if body.kind == "step_finished" and isinstance(body.result, dict):
            codes = {each.get("code") for each in body.result.get("findings") or () if isinstance(each, dict)}
            if "timeout" in (body.result.get("failed"), body.result.get("cause")) or "time-exceeded" in codes:
                found[body.name] = body.result
    return found


def tried_in(reader: RunReader) -> frozenset[str]:
    """Return the candidates that a run scored or saw fail."""
    bodies = [event.body for event in reader.standing]
    failed = {body.failure.spec.id for body in bodies if body.kind == "candidate_failed"}
    names = [body.name for body in bodies if body.kind == "step_finished" and body.name.startswith("candidate ")]
    return frozenset(failed | {name.removeprefix("candidate ") for name in names})


def replay(
    reader: RunReader, data: str | Path, root: Path, *, keep: bool, listener: Listener | None = None
) -> Replayed:
    """Carry a recorded run out again on a table, in a store of its own, and compare the two.

    Parameters
    ----------
    reader : RunReader
        The recorded run.
    data : path
        The table.
    root : Path
        An empty store.
    keep : bool
        Name the replayed run's folder in what is returned.
    """
    if reader.find("run_finished") is None:
        raise UsageError(
            f"Run {reader.id} is {reader.status}: there is no end that a replay could reach.",
            hint=f"`planfit resume {reader.id}` goes on with it.",
        )
    if (other := another_table(reader, data)) is not None:
        return Replayed(recorded=reader.id, equal=False, difference=other)
    request = reader.request.having(data=absolute(data))
    failed: PlanfitError | None = None
    planner = Recorded(request.planner, answers_of(reader))
    try:
        again: RunReader = conduct.begin(
            Store(root), request, None, planner, listener=listener, started=None, recorded=Followed(reader)
        )
        for candidate in wishes_in(reader):
            again = conduct.deliver(
                Store(root), again.id, candidate, None, listener=listener, started=None, recorded=Followed(reader)
            )
    except UsageError:
        raise
    except PlanfitError as error:
        failed, again = error, Store(root).open("latest")
    old, new = list(essence(reader)), list(essence(again))
    difference = first_difference(reader, again, old, new)
    if difference is None and failed is not None:
        difference = f"the replayed run ended with: {failed.message}"
    rows = 0
    if difference is None:
        difference, rows = predictions_differ(reader, again, data)
    return Replayed(
        recorded=reader.id,
        equal=difference is None,
        difference=difference,
        rows=rows,
        compared=min(len(old), len(new)),
        path=str(again.path) if keep else None,
    )


def another_table(reader: RunReader, data: str | Path) -> str | None:
    """Return that a table is not the recorded one, which makes every other difference its consequence; None where it is."""
    from planfit.data import readers

    known = reader.find("step_finished", name="table")
    if known is None:
        return None
    ref = readers.read(data).ref
    then = known.result
    if ref.content_hash == then["content_hash"]:
        return None
    sizes = [f"{counted(rows, 'row')} of {counted(columns, 'column')}" for rows, columns in
             ((then["rows"], then["columns"]), (ref.rows, ref.columns))]  # fmt: skip
    same = " of the same size" if sizes[0] == sizes[1] else f": {sizes[0]} then, {sizes[1]} now"
    return f"the table is not the one that the run was recorded on, but another{same}; nothing was carried out on it"


def answers_of(reader: RunReader) -> dict[Position, Recording]:
    """Return what became of each question of a run."""
    bodies = [event.body for event in reader.standing]
    proposed = {body.ask_key: body for body in bodies if body.kind == "plan_proposed"}
    rejected = {body.ask_key: body for body in bodies if body.kind == "plan_rejected"}
    found = {}
    for body in bodies:
        if body.kind != "plan_requested":
            continue
        position = Position(body.stage, body.plan_kind, body.round, body.attempt)
        answer, refusal = proposed.get(body.ask_key), rejected.get(body.ask_key)
        found[position] = Recording(
            planner=body.planner,
            document=None if answer is None else answer.document,
            usage=None if answer is None else answer.usage,
            unanswered=refusal.findings[0] if refusal is not None and refusal.findings else None,
        )
    return found


def wishes_in(reader: RunReader) -> list[str]:
    """Return the candidates that a person had delivered after a run had ended, in order."""
    bodies = [event.body for event in reader.standing if event.body.kind == "command_received"]
    return [str(body.detail) for body in bodies if body.command == "deliver"]


Fact = tuple[str, str]
"""What it is, for people, and a hash of what it says."""


def essence(reader: RunReader) -> Iterator[Fact]:
    """Yield what two runs of the same work must share, in order; steps between two answers, which may run side by side, by name."""
    steps: list[Fact] = []
    for event in reader.standing:
        body = event.body
        if body.kind in ("plan_proposed", "run_stopped", "run_finished"):
            yield from sorted(steps)
            steps.clear()
        if body.kind == "plan_proposed":
            yield f"the answer to question {_question(reader, body.ask_key)}", digest(body.document)
        elif body.kind == "plan_accepted":
            yield f"the plan agreed on for {_question(reader, body.ask_key)}", digest(body.plan)
        elif body.kind == "plan_rejected":
            codes = [finding.code for finding in body.findings]
            yield f"the findings on {_question(reader, body.ask_key)}", digest(codes)
        elif body.kind == "step_finished" and body.stage != "report" and body.name.split()[0] not in _JUDGED_BY_USE:
            steps.append((f"step {body.name!r} of stage {body.stage}", digest(_lasting(body.result))))
        elif body.kind == "run_stopped":
            yield "why the search ended", digest(body.reason)
    yield from sorted(steps)


def _question(reader: RunReader, key: str) -> str:
    asked = reader.find("plan_requested", ask_key=key)
    return (
        "?"
        if asked is None
        else f"{asked.plan_kind} (stage {asked.stage}, round {asked.round}, attempt {asked.attempt})"
    )


def _lasting(value: Any) -> Any:
    """Return a step's result without times and hashes of files."""
    if isinstance(value, dict):
        return {k: _lasting(v) for k, v in value.items() if not any(word in k for word in _VOLATILE)}
    return [_lasting(item) for item in value] if isinstance(value, list | tuple) else value


def first_difference(reader: RunReader, again: RunReader, old: list[Fact], new: list[Fact]) -> str | None:
    """Return the first place where two runs part, in words; None where they do not."""
    for (what, before), (other, now) in zip(old, new, strict=False):
        if what != other:
            return f"where the record has {what}, the replay has {other}"
        if before != now:
            return f"{what} differs{_versions(reader, again)}"
    if len(old) != len(new):
        longer, whose = (old, "the record") if len(old) > len(new) else (new, "the replay")
        return f"{whose} goes on with {longer[min(len(old), len(new))][0]}"
    return None


def _versions(reader: RunReader, again: RunReader) -> str:
    then, now = reader.environment.libraries, again.environment.libraries
    other = [f"{name} {then.get(name)} then, {now.get(name)} now" for name in now if then.get(name) != now.get(name)]
    return f" ({'; '.join(other)})" if other else ""


def predictions_differ(reader: RunReader, again: RunReader, data: Any) -> tuple[str | None, int]:
    """Compare what the two delivered models predict for the table's rows, to the bit."""
    from planfit.data import readers
    from planfit.deploy import bundle

    frame = readers.read(data).frame
    then, now = (bundle.load(run.path / "model") for run in (reader, again))
    classes = then.metadata.task.is_classification
    one, other = (each.predict_proba(frame) if classes else each.predict(frame).to_frame() for each in (then, now))
    same = (one.to_numpy() == other.to_numpy()) | (one.isna().to_numpy() & other.isna().to_numpy())
    wrong = int((~same.all(axis=1)).sum())
    if not wrong:
        return None, len(one)
    return f"the predictions for {wrong:,} of {len(one):,} rows differ", len(one)
