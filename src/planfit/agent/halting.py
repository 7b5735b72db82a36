"""What a person needs who is called because a stage failed three times: what was tried, what is there, how it goes on."""

from __future__ import annotations

from typing import Final

from planfit.agent.session import Session
from planfit.planners.registry import is_language_model
from planfit.records.events import Stage
from planfit.settings import MAX_ATTEMPTS
from planfit.store.reader import RunReader

AT_HAND: Final = ("profile.json", "task.json", "schema.json")


def tried(run: RunReader, stage: Stage) -> tuple[str, ...]:
    """Return the last failures of a stage, each with what was wrong."""
    asked = {event.body.ask_key: event.body for event in run.standing if event.body.kind == "plan_requested"}
    told: list[str] = []
    for event in run.standing:
        body = event.body
        if body.kind in ("plan_rejected", "plan_failed"):
            request = asked.get(body.ask_key)
            if request is not None and request.stage == stage:
                broke = " on the full data" if body.kind == "plan_failed" else ""
                wrong = " ".join(found.sentence() for found in body.findings if found.refuses)
                told.append(f"{request.planner}, {request.plan_kind}, attempt {request.attempt}{broke}: {wrong}")
        elif body.kind == "candidate_failed" and stage == "model_search" and body.failure.retried_as is None:
            failure = body.failure
            told.append(
                f"{failure.spec.id}, {failure.spec.family}: {failure.cause.replace('_', ' ')}: {failure.detail}"
            )
    return tuple(told[-MAX_ATTEMPTS:])


def at_hand(run: RunReader) -> tuple[str, ...]:
    """Return what the run has made so far and a person can use."""
    sets = [
        ref.path
        for body in run.results("features ")
        for ref in body.files
        if ref.path.endswith(("plan.json", "pipeline.joblib"))
    ]
    scored = [f"candidates/{body.name.split(' ')[1]}/" for body in run.results("candidate ")]
    return (*(name for name in AT_HAND if run.announced(name) is not None), *sets, *scored)


def ways_on(session: Session, stage: Stage) -> tuple[str, ...]:
    """Return the commands that go on: with another planner, as before, with a plan by hand, from an earlier state.

    The task is settled by hand by a sentence that names it; features by a feature plan.
    """
    run = session.run
    commands = [session.command("resume")]
    if session.planner.name != "expert":
        commands.insert(0, session.command("resume", "--planner", "expert"))
    if is_language_model(session.planner.name):
        other = f"{session.planner.name.partition(':')[0]}:ANOTHER_MODEL"
        commands.append(session.command("resume", "--planner", other))
    if stage == "task":
        commands.append(session.command("fork", "Predict COLUMN", "--planner", "expert"))
    if stage in ("feature_engineering", "model_search"):
        by_hand = ["--features", "PLAN.json", "--from", "feature_engineering"]
        by_hand += ["--planner", "expert"] if session.planner.name != "expert" else []
        commands.append(session.command("fork", *by_hand))
    asked = [event.no for event in run.standing if event.body.kind == "plan_requested" and event.body.stage == stage]
    if stage == "model_search" and len(asked) > 1:
        commands.append(session.command("rollback", "--to", str(asked[0] - 1)))
    return tuple(commands)
