"""What a person sees while a run goes on: a line for each thing that happened, and below it what is happening."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from planfit.amounts import counted, spoken_seconds
from planfit.cli.closing import figure
from planfit.records.events import (
    CandidateFailedEvent,
    DecisionMade,
    Event,
    PlanFailed,
    PlanRejected,
    RunResumed,
    RunStarted,
    RunStopped,
    StepFinished,
    StepStarted,
    WarningRaised,
)
from planfit.records.run import Limits

LABEL = 12
"""Width of the word in front of each line."""
MOST_EXCLUSIONS = 20
"""Lines about columns that stay out."""
MOST_NAMED = 5
"""Columns that a line names."""


class Display:
    """A listener to events. On a terminal with a live status line, elsewhere plain lines; always on stderr.

    Parameters
    ----------
    quiet : bool
        Say nothing.
    started : float
        ``time.monotonic()`` at which the command began.
    """

    def __init__(self, *, quiet: bool, started: float) -> None:
        self.quiet = quiet
        self.started = started
        self.limit: float | None = None
        self.most_candidates: int | None = None
        self.spent = 0.0
        self.stage = "starting"
        self.doing = ""
        self.metric = ""
        self.greater = True
        self.best: tuple[str, float, int] | None = None
        self.scored = 0
        self.told: dict[str, str] = {}
        """What the profile says of columns that repeat entities or tell the time."""
        self._status: Any = None
        self._console: Any = None

    def __enter__(self) -> Display:
        if self.quiet:
            return self
        from rich.console import Console

        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        if sys.stderr.isatty():
            from rich.live import Live

            self._status = Live(get_renderable=self._bar, console=self._console, refresh_per_second=4, transient=True)
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None

    def know(self, limits: Limits) -> None:
        """Take in the limits of a run that is taken up again."""
        self.limit, self.most_candidates = limits.seconds, limits.candidates

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Keep the status line out of the way while somebody is asked."""
        if self._status is not None:
            self._status.stop()
        try:
            yield
        finally:
            if self._status is not None:
                self._status.start()

    def __call__(self, event: Event) -> None:
        """Take in an event."""
        if self.quiet:
            return
        tell = _TELLERS.get(type(event.body))
        if tell is not None:
            tell(self, event.body)

    def line(self, label: str, text: str, style: str = "") -> None:
        """Print a line."""
        from rich.text import Text

        label_style = style or "bold"
        self._console.print(Text.assemble((f"{label:<{LABEL}}", label_style), (text, style)))

    def _bar(self) -> Any:
        from rich.text import Text

        elapsed = self.spent + time.monotonic() - self.started
        parts = [
            f"{self.stage}: {self.doing}" if self.doing not in ("", self.stage) else self.stage,
            spoken_seconds(elapsed),
        ]
        if self.limit is not None:
            parts.append(f"{spoken_seconds(max(0.0, self.limit - elapsed))} left")
        if self.best is not None:
            parts.append(f"best {self.metric} {figure(self.best[1])} ({self.best[0]})")
        if self.scored:
            parts.append(counted(self.scored, "candidate"))
        return Text("  ·  ".join(parts), style="cyan")


def _started(view: Display, body: RunStarted) -> None:
    view.limit = body.request.limits.seconds


def _resumed(view: Display, body: RunResumed) -> None:
    view.spent = body.spent_seconds
    found = f"{spoken_seconds(body.spent_seconds)} of work are found again"
    if body.steps is not None:
        found += f": {counted(body.steps, 'step')}, {counted(body.candidates or 0, 'candidate')} among them"
    view.line("resumed", found)
    if body.again:
        view.line("", f"done again: {_named(list(body.again))}")
    if view.limit is not None:
        view.line("", f"left of the time: {spoken_seconds(max(0.0, view.limit - body.spent_seconds))}")
    if view.most_candidates is not None:
        view.line("", f"left of the candidates: {max(0, view.most_candidates - max(0, (body.candidates or 1) - 1))}")
    for text in body.environment_differs:
        view.line("warning", f"a library is another now than when the run began: {text}", "yellow")


def _step(view: Display, body: StepStarted) -> None:
    view.stage, view.doing = body.stage.replace("_", " "), body.name


def _warning(view: Display, body: WarningRaised) -> None:
    view.line("warning", body.finding.message, "yellow")


def _rejected(view: Display, body: PlanRejected) -> None:
    first = next((finding for finding in body.findings if finding.refuses), None)
    if first is not None:
        view.line("refused", first.sentence(), "yellow")


def _failed_plan(view: Display, body: PlanFailed) -> None:
    first = next((finding for finding in body.findings if finding.refuses), None)
    if first is not None:
        view.line("failed", first.sentence(), "yellow")


def _failed(view: Display, body: CandidateFailedEvent) -> None:
    failure = body.failure
    text = f"{failure.spec.family:<14} failed: {failure.cause.replace('_', ' ')} ({failure.detail})"
    view.line(failure.spec.id, text, "yellow")


def _decided(view: Display, body: DecisionMade) -> None:
    label = {
        "feature_engineering": "features",
        "evaluation": "holdout",
        "split": "split",
        "task": "understood",
    }.get(body.stage)
    if label is not None:
        view.line(label, f"{body.what}. {body.because}")
    if body.stage == "task" and "seconds" in body.figures:
        view.limit = body.figures["seconds"]


def _stopped(view: Display, body: RunStopped) -> None:
    view.stage, view.doing = "finishing", ""
    view.line("search ends", f"{body.reason}: {body.because}")


def _finished(view: Display, body: StepFinished) -> None:
    kind = body.name.split(" ")[0]
    tell = _RESULTS.get(kind)
    if tell is not None:
        tell(view, body.name, body.result)


def _profile(view: Display, name: str, result: dict[str, Any]) -> None:
    for finding in result["warnings"]:
        if finding["code"] in ("repeated-entities", "possible-entities", "time-series", "time-order"):
            view.told[finding["columns"][0]] = finding["message"]
    counts: dict[str, int] = {}
    for column in result["columns"]:
        counts[column["kind"]] = counts.get(column["kind"], 0) + 1
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items(), key=lambda item: -item[1]))
    view.line("table", f"{counted(result['rows'], 'row')} × {counted(len(result['columns']), 'column')}: {kinds}")


def _task(view: Display, name: str, result: dict[str, Any]) -> None:
    view.metric, view.greater = result["metric"], result["greater_is_better"]
    event = result["positive_class"]
    positive = (
        f", positive class {str(event).lower() if isinstance(event, bool) else event}" if event is not None else ""
    )
    view.line("task", f"predict {result['target']} ({result['task_type']}{positive}), judged by {result['metric']}")
    groups: dict[tuple[str, str], list[str]] = {}
    for entry in result["excluded"]:
        groups.setdefault((entry["code"], entry["reason"]), []).append(entry["name"])
    for (_, reason), names in list(groups.items())[:MOST_EXCLUSIONS]:
        view.line("", f"without {_named(names)}: {reason}", "dim")
    rest = [name for names in list(groups.values())[MOST_EXCLUSIONS:] for name in names]
    if rest:
        view.line("", f"without {_named(rest)}; the report has the reasons", "dim")


def _named(names: list[str]) -> str:
    """Return names for a line: all of a few, the first of many and how many more."""
    if len(names) <= MOST_NAMED:
        return ", ".join(names)
    return f"{', '.join(names[:MOST_NAMED])} and {counted(len(names) - MOST_NAMED, 'more column')}"


def _split(view: Display, name: str, result: dict[str, Any]) -> None:
    kept = (
        f"{counted(result['holdout_rows'], 'row')} kept aside for one final score"
        if result["holdout_rows"]
        else "no holdout"
    )
    view.line("split", f"{result['n_folds']} folds, {result['kind']}; {kept}")
    if result["kind"] in ("group", "time"):
        rule = result["rule"].partition(":")[0]
        told = next((message for column, message in view.told.items() if repr(column) in rule), "as asked")
        view.line("", f"{rule}: {told.rstrip('.')}; --split random undoes it", "dim")


def _candidate(view: Display, name: str, result: dict[str, Any]) -> None:
    score, spec = result["score"], result["spec"]
    if spec["origin"] not in ("baseline", "ensemble"):
        view.scored += 1
    folds = len(score["per_fold"])
    best = view.best is None or (
        folds >= view.best[2] and (score["value"] > view.best[1]) == view.greater and score["value"] != view.best[1]
    )
    if best:
        view.best = (spec["id"], score["value"], folds)
    spread = f" ± {figure(score['std'])}" if score.get("std") is not None else ""
    features = "" if spec["family"] in ("ensemble", "baseline") else f"features {spec['features']}"
    text = f"{spec['family']:<14} {features:<12} {score['metric']} {figure(score['value'])}{spread:<11} {spoken_seconds(result['seconds']):>8}"
    said = "   best so far" if best else "   far behind on the first fold" if result.get("given_up") else ""
    view.line(spec["id"], text + said, "green" if best else "")


def _holdout(view: Display, name: str, result: dict[str, Any]) -> None:
    found = result.get("holdout")
    if found:
        view.line(
            "holdout",
            f"{view.metric} {figure(found['value'])} (95 % interval {figure(found['low'])} to {figure(found['high'])}, {counted(found['rows'], 'row')})",
        )


_TELLERS: dict[type, Callable[[Display, Any], None]] = {
    RunStarted: _started,
    RunResumed: _resumed,
    StepStarted: _step,
    WarningRaised: _warning,
    PlanRejected: _rejected,
    PlanFailed: _failed_plan,
    CandidateFailedEvent: _failed,
    DecisionMade: _decided,
    RunStopped: _stopped,
    StepFinished: _finished,
}
_RESULTS: dict[str, Callable[[Display, str, dict[str, Any]], None]] = {
    "profile": _profile,
    "task": _task,
    "split": _split,
    "candidate": _candidate,
    "ensemble": _candidate,
    "holdout": _holdout,
}
