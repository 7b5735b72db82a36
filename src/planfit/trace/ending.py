"""Why the search stopped, and how it stood then."""

from __future__ import annotations

from planfit.amounts import counted, spoken_seconds
from planfit.records.events import RunHalted, RunStopped
from planfit.store.entries import Decision
from planfit.store.run import RunReader
from planfit.trace.leaderboard import candidates, ranked
from planfit.trace.reasons import Reason, prompt_file

WORDS = frozenset({"stop", "stopped", "stopping", "end", "ending", "the_end", "convergence"})
"""What a person may ask for."""


def about_the_end(reader: RunReader, decisions: tuple[Decision, ...]) -> tuple[Reason, ...]:
    """Return why the search ended, with the limits and how it stood; of a run that has not ended, how that stands."""
    stopped = reader.find_last("run_stopped")
    if not isinstance(stopped, RunStopped):
        return (_not_yet(reader, decisions),)
    entry = _last(decisions, "stop")
    found = [
        Reason(
            subject="stop",
            sentence=f"The search ended ({stopped.reason}): {stopped.because}",
            decision=entry.id if entry is not None else None,
            stage="model_search",
            by="person" if stopped.reason == "person" else "runtime",
            figures={"reason": stopped.reason},
        ),
        _standing(reader),
    ]
    finish = next((d for d in reversed(decisions) if isinstance(d.plan, dict) and d.plan.get("move") == "finish"), None)
    if finish is not None and stopped.reason == "planner":
        found.insert(
            1,
            Reason(
                subject="stop", sentence=f"{finish.planner} chose to finish: {finish.rationale or 'no reason was given'}",
                decision=finish.id, stage=finish.stage, by=finish.planner, prompt=prompt_file(reader, finish),
            ),
        )  # fmt: skip
    return tuple(found)


def _standing(reader: RunReader) -> Reason:
    """Return what had been tried by then, and what the limits were."""
    limits = reader.request.limits
    scored = [result for result in candidates(reader) if result.spec.origin not in ("baseline", "ensemble")]
    best = next((result for result in ranked(reader) if result.spec.origin not in ("baseline", "ensemble")), None)
    said = f"{counted(len(scored), 'candidate')} had been scored"
    since = 0
    if best is not None:
        since = len(scored) - 1 - [result.spec.id for result in scored].index(best.spec.id)
        said += (
            f"; the best single one, {best.spec.id} ({best.spec.family}, {best.score.metric} {best.score.value:.4g}), "
        )
        said += "was the last" if not since else f"was followed by {since} without improvement"
    allowed = [f"patience {limits.patience}"]
    if limits.candidates is not None:
        allowed.insert(0, f"at most {counted(limits.candidates, 'candidate')}")
    if limits.seconds is not None:
        allowed.insert(0, f"at most {spoken_seconds(limits.seconds)}")
    figures = {
        "candidates": len(scored), "without_improvement": since, "seconds": round(reader.spent_seconds, 3),
        "limit_seconds": limits.seconds, "limit_candidates": limits.candidates, "patience": limits.patience,
    }  # fmt: skip
    took = spoken_seconds(reader.spent_seconds)
    sentence = f"{said}. The limits: {', '.join(allowed)}; the run took {took} in all."
    return Reason(subject="stop", sentence=sentence, stage="model_search", by="runtime", figures=figures)


def _not_yet(reader: RunReader, decisions: tuple[Decision, ...]) -> Reason:
    halted = reader.find_last("run_halted")
    entry = _last(decisions, "halt")
    if isinstance(halted, RunHalted):
        return Reason(
            subject="stop", sentence=f"It waits in stage {halted.stage.replace('_', ' ')} ({halted.status}): {halted.message}",
            decision=entry.id if entry is not None else None, stage=halted.stage, by="runtime",
        )  # fmt: skip
    sentence = f"The search has not ended; the run is {reader.status}."
    return Reason(subject="stop", sentence=sentence, stage="model_search", by="runtime")


def _last(decisions: tuple[Decision, ...], word: str) -> Decision | None:
    return next((d for d in reversed(decisions) if isinstance(d.plan, dict) and word in d.plan), None)
