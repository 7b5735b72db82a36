"""A run in one document: what ``planfit run --json`` and ``planfit show --json`` print."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from planfit.records.calls import ModelCall
from planfit.records.calls import total as sum_of_calls
from planfit.records.events import HoldoutOpened, RunFinished, RunHalted, RunStopped, StepFinished, WarningRaised
from planfit.records.findings import NOTICED
from planfit.records.run import RunStatus, RunSummary
from planfit.store.history import target_of
from planfit.store.run import RunReader
from planfit.store.verify import TRACE
from planfit.trace.leaderboard import candidates

FILES = {
    "model": "model/model.joblib",
    "pipeline": "model/pipeline.joblib",
    "report": "report.md",
    "trace": TRACE,
}


def summarise(reader: RunReader) -> RunSummary:
    """Return the summary of a run, finished or not."""
    task = _result(reader, "task")
    scored = candidates(reader)
    floor = next((result for result in scored if result.spec.origin == "baseline"), None)
    finished = reader.find_last("run_finished")
    stopped = reader.find_last("run_stopped")
    halted = reader.find_last("run_halted")
    status: RunStatus = reader.status
    return RunSummary(
        run_id=reader.id,
        path=str(reader.path.resolve()),
        status=status,
        forked_from=reader.forked_from,
        stop_reason=stopped.reason if isinstance(stopped, RunStopped) else None,
        target=task["target"] if task else None,
        task_type=task["task_type"] if task else None,
        metric=task["metric"] if task else None,
        greater_is_better=task["greater_is_better"] if task else None,
        baseline=floor.score.value if floor is not None else None,
        cv={"score": finished.cv.value, "std": finished.cv.std} if isinstance(finished, RunFinished) else None,
        holdout=_holdout(finished),
        delivered=_delivered(finished, {result.spec.id: result.spec.family for result in scored}),
        candidates=sum(result.spec.origin not in ("baseline", "ensemble", "probe") for result in scored),
        seconds=_seconds(reader, finished),
        usage=usage_of(reader),
        artifacts={
            name: str((reader.path / path).resolve())
            for name, path in FILES.items()
            if (reader.path / path).exists() and (path == TRACE or reader.stands(path))
        },
        warnings=_warnings(reader),
        question=waits_with(reader) if status in ("question", "paused") else None,
        went_back=_went_back(reader),
        halted=_halted(halted) if status == "halted" else None,
    )


def waits_with(reader: RunReader) -> dict[str, Any] | None:
    """Return what a person is asked: a question, or the plan that waits for a look; None where that is answered."""
    halted = reader.find_last("run_halted")
    if not isinstance(halted, RunHalted) or halted.question is None:
        return None
    key = halted.question.get("ask_key")
    answered = key is not None and reader.find("plan_accepted", ask_key=key) is not None
    return None if answered else halted.question


def _went_back(reader: RunReader) -> dict[str, Any] | None:
    """Return to what a person went back, until the run has ended anew."""
    moved = next((event for event in reversed(reader.standing) if target_of(event) is not None), None)
    ends = [event for event in reader.events if isinstance(event.body, RunFinished)]
    if moved is None or (ends and ends[-1].no > moved.no):
        return None
    ended: Any = ends[-1].body if ends else None
    aside = None if ended is None or ended in (event.body for event in reader.standing) else ended.delivered.candidate
    body: Any = moved.body
    return {"to": body.detail, "event": body.to, "set_aside": aside}


def _halted(halted: Any) -> dict[str, Any] | None:
    if not isinstance(halted, RunHalted):
        return None
    told = {"tried": list(halted.tried), "artifacts": list(halted.artifacts), "commands": list(halted.commands)}
    return {"stage": halted.stage, "message": halted.message, **told}


def _result(reader: RunReader, name: str) -> dict[str, Any] | None:
    body = reader.find("step_finished", name=name)
    return body.result if isinstance(body, StepFinished) else None


def _holdout(finished: Any) -> dict[str, Any] | None:
    if not isinstance(finished, RunFinished) or finished.holdout is None:
        return None
    held = finished.holdout
    if held.candidate not in (None, finished.delivered.candidate):
        return None  # it is of another candidate than a person had delivered since
    return {"score": held.value, "low": held.low, "high": held.high, "rows": held.rows}


def _delivered(finished: Any, family_of: dict[str, str]) -> dict[str, Any] | None:
    if not isinstance(finished, RunFinished):
        return None
    delivered = finished.delivered
    members = [
        {"candidate": name, "family": family_of.get(name, "unknown"), "weight": weight}
        for name, weight in delivered.members
    ]
    return {
        "candidate": delivered.candidate,
        "family": delivered.family,
        "members": members,
        "threshold": delivered.threshold,
    }


def _seconds(reader: RunReader, finished: Any) -> float:
    if isinstance(finished, RunFinished):
        return finished.seconds
    events = reader.events
    if len(events) < 2:
        return 0.0
    first, last = (datetime.fromisoformat(events[i].at.replace("Z", "+00:00")) for i in (0, -1))
    return round((last - first).total_seconds(), 3)


def usage_of(reader: RunReader) -> dict[str, Any]:
    """Sum up what planners' answers cost; a figure that any answer leaves unknown is unknown in sum."""
    bodies = [event.body for event in reader.events]
    asked = [body.usage for body in bodies if body.kind == "plan_proposed"]
    calls = [body.call for body in bodies if body.kind == "model_called"]
    if calls:
        idle = [usage.idle_seconds for usage in asked if usage is not None] + [call.idle for call in calls]
        return {**_of_language_model(len(asked), calls, idle), "noticed": noticed_in(reader)}
    known = [usage for usage in asked if usage is not None]

    def total(field: str) -> Any:
        values = [getattr(usage, field) for usage in known]
        return None if any(value is None for value in values) else sum(values)

    return {
        "questions": len(asked),
        "calls": sum(usage.calls for usage in known),
        "tokens_in": total("tokens_in"),
        "tokens_out": total("tokens_out"),
        "cost_usd": total("cost_usd"),
    }


def _of_language_model(questions: int, calls: list[ModelCall], idle: list[float]) -> dict[str, Any]:
    """Sum up calls: what failed and what was corrected included, which the answers alone do not show."""
    sum_of = sum_of_calls(calls)
    outcomes: dict[str, int] = {}
    for call in calls:
        outcomes[call.outcome] = outcomes.get(call.outcome, 0) + 1
    return {
        "questions": questions,
        "calls": sum_of.calls,
        "tokens_in": sum_of.tokens_in,
        "tokens_cached": sum_of.tokens_cached,
        "tokens_out": sum_of.tokens_out,
        "cost_usd": sum_of.cost_usd,
        "seconds": sum_of.seconds,
        "idle_seconds": round(sum(idle), 3),
        "outcomes": outcomes,
        "models": sorted({f"{call.provider}:{call.model}" for call in calls}),
    }


def noticed_in(reader: RunReader) -> dict[str, int]:
    """Count what was noticed about a language model's answers, by code: repeats, circles, results that they claimed."""
    bodies = [event.body for event in reader.events]
    its_own = {body.ask_key for body in bodies if body.kind == "model_called"}
    codes = [
        finding.code
        for body in bodies
        if body.kind in ("plan_accepted", "plan_rejected", "plan_failed") and body.ask_key in its_own
        for finding in body.findings
        if finding.code in NOTICED
    ]
    return {code: codes.count(code) for code in sorted(set(codes))}


def _warnings(reader: RunReader) -> tuple[str, ...]:
    raised = [event.body.finding.message for event in reader.standing if isinstance(event.body, WarningRaised)]
    openings = [event.body.opening for event in reader.events if isinstance(event.body, HoldoutOpened)]
    if openings and max(openings) > 1:
        raised.append(f"The holdout has been opened {max(openings)} times; its score is no longer untouched.")
    return tuple(dict.fromkeys(raised))
