"""What is printed when a run is over: how good, what was delivered, where everything is, what to do next."""

from __future__ import annotations

from pathlib import Path

from planfit.amounts import counted, spoken_seconds
from planfit.paths import command, seen_from_here
from planfit.records.run import RunSummary


def closing_text(summary: RunSummary) -> str:
    """Return the text."""
    lines = ["", _headline(summary)]
    if summary.baseline is not None and summary.cv is not None:
        lines.append(
            f"  cross-validated  {summary.metric} {figure(summary.cv['score'])}   (baseline {figure(summary.baseline)})"
        )
    if summary.holdout is not None:
        held = summary.holdout
        lines.append(
            f"  holdout          {summary.metric} {figure(held['score'])}   "
            f"(95 % interval {figure(held['low'])} to {figure(held['high'])}; {counted(held['rows'], 'row')} that nothing had seen)"
        )
    elif summary.delivered is not None and summary.stop_reason == "person":
        lines.append("  holdout          no score: it stays closed in a run that a person stops")
    if summary.delivered is not None:
        lines.append(f"  delivered        {_delivered(summary.delivered)}")
    if summary.went_back is not None:
        lines += _went_back(summary.went_back)
    for name, path in summary.artifacts.items():
        lines.append(f"  {name:<16} {seen_from_here(path)}")
        page = Path(path).with_name("report.html")
        if name == "report" and page.is_file():
            lines.append(f"  {'report page':<16} {seen_from_here(page)}")
    lines += [f"  warning          {text}" for text in (*summary.warnings, *_own_warnings(summary))]
    lines += ["", *_next(summary), ""]
    return "\n".join(lines)


def _headline(summary: RunSummary) -> str:
    what = f"predicting {summary.target} ({summary.task_type})" if summary.target else "the task is not settled"
    how = f"{summary.status}" + (f" ({summary.stop_reason})" if summary.stop_reason else "")
    return f"{summary.run_id}: {how} after {spoken_seconds(summary.seconds)}, {counted(summary.candidates, 'candidate')}, {what}"


def _own_warnings(summary: RunSummary) -> list[str]:
    if summary.delivered is not None and summary.candidates == 0:
        return ["Nothing but the baseline was scored before the search ended; give it more time."]
    if summary.delivered is not None and summary.delivered["family"] == "baseline":
        return [f"Nothing beat the baseline: the columns say nothing about {summary.target!r} that could be learned."]
    return []


def _went_back(moved: dict[str, object]) -> list[str]:
    """Return that the head of the run was moved, what that set aside, and what becomes of it."""
    aside = "what came later is set aside, not deleted"
    if moved["set_aside"] is not None:
        aside = f"what came later is set aside, not deleted: {moved['set_aside']}, which had been delivered, is not any more"
    return [
        f"  {'went back':<16} to {moved['to']}; {aside}",
        f"  {'to come':<16} resume goes on from there, and what it finds is delivered anew",
    ]


def _delivered(delivered: dict[str, object]) -> str:
    members = delivered["members"]
    assert isinstance(members, list)
    inside = ", ".join(f"{m['family']} {m['candidate']} ({m['weight']:.0%})" for m in members)
    name = f"{delivered['candidate']}, {delivered['family']}"
    threshold = delivered.get("threshold")
    if isinstance(threshold, float):
        name += f" (positive from a probability of {threshold:.3g})"
    return f"{name}: {inside}" if len(members) > 1 else name


def _next(summary: RunSummary) -> list[str]:
    def line(verb: str, *more: str) -> str:
        return command(verb, summary.run_id, *more, store=Path(summary.path).parent)

    if summary.halted is not None:
        told = summary.halted
        lines = [f"halted in stage {told['stage'].replace('_', ' ')}: {told['message']}"]
        lines += [f"  tried     {text}" for text in told["tried"]]
        lines += [f"  at hand   {path}" for path in told["artifacts"]]
        return lines + [f"  go on     {text}" for text in told["commands"]]
    if summary.status == "paused" and summary.question is not None:
        return [f"  {line('review')}", f"  {line('resume')}"]
    if summary.status not in ("finished", "stopped"):
        return [f"  {line('resume')}"]
    left = [line("predict", "NEW_ROWS.csv"), line("why", "COLUMN")]
    width = max(map(len, left)) + 5
    return [f"  {one:<{width}} {other}" for one, other in zip(left, (line("trace"), line("tried")), strict=True)]


def figure(value: object) -> str:
    """Return a score with as many digits as its size leaves meaning."""
    if not isinstance(value, int | float):
        return "unknown"
    return f"{value:.4f}" if abs(value) < 10 else f"{value:,.2f}" if abs(value) < 10_000 else f"{value:,.0f}"
