"""Letting a person look at a plan before it is carried out: at once where somebody answers, else the run pauses."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from planfit.agent.session import Session, StopRequested
from planfit.errors import Halted, Paused, UsageError
from planfit.planners.base import Ask
from planfit.plans import parse
from planfit.plans.codes import finding
from planfit.records.events import CommandReceived, RunHalted
from planfit.records.findings import Finding
from planfit.records.review import Verdict, Waiting
from planfit.store.outcomes import rationale_of
from planfit.store.reader import RunReader
from planfit.trace.summary import waits_with

Reviewer = Callable[[Waiting], Any]
OWN_REFUSED = "The plan that you gave instead was refused"


def verdict_on(session: Session, ask: Ask, key: str, plan: Any, findings: tuple[Finding, ...]) -> Verdict:
    """Return what a person says to a plan that passed every gate; in stages that nobody reviews, that is approval.

    Raises
    ------
    Paused
        Nobody is there to answer; the run goes on once somebody has.
    """
    if ask.stage not in session.request.review:
        return Verdict()
    known = last_word(session.run, key)
    if known is not None:
        return known
    document = plan.to_json()
    waiting = Waiting(
        run_id=session.run.id, stage=ask.stage, plan_kind=ask.plan_kind, ask_key=key, plan=document,
        rationale=rationale_of(document), findings=findings,
    )  # fmt: skip
    return hear(session, waiting)


def hear(session: Session, waiting: Waiting, *, at_once: bool = True) -> Verdict:
    """Ask whoever reviews, record the answer and return it."""
    if session.reviewer is None or not at_once:
        raise pause(session, waiting)
    verdict = as_verdict(session.reviewer(waiting))
    if verdict.says == "wait":
        raise pause(session, waiting)
    session.run.append(command_of(verdict, waiting.ask_key, len(session.run.events)))
    return verdict


def refused_by_person(verdict: Verdict) -> Finding:
    """Return what the planner is told of a plan that a person rejected."""
    said = verdict.reason or "no reason was given"
    return finding("rejected-by-person", "", f"A person looked at this plan and rejected it: {said}")


def own_plan_refused(
    session: Session, ask: Ask, key: str, verdict: Verdict, findings: tuple[Finding, ...], *, at_once: bool
) -> Verdict:
    """Ask again where a person's own plan does not pass, and say why; after some tries the run pauses instead."""
    try:
        document = json.loads(verdict.plan or "")
    except (ValueError, RecursionError):
        document = {}
    document = document if isinstance(document, dict) else {}
    return hear(
        session,
        Waiting(
            run_id=session.run.id, stage=ask.stage, plan_kind=ask.plan_kind, ask_key=key, plan=document,
            rationale=f"{OWN_REFUSED}: " + " ".join(found.sentence() for found in findings if found.refuses),
            findings=findings,
        ),
        at_once=at_once,
    )  # fmt: skip


def leave(session: Session) -> Exception:
    """Return what ends the search because the person who looked at a plan wants no more."""
    session.stop()
    if session.searching:
        return StopRequested()
    message = "A person stopped the run before anything was trained."
    session.run.append(RunHalted(stage="task", message=message, commands=(session.command("resume"),)))
    return Halted(message, stage="task", hint=f"`{session.command('resume')}` asks again.")


def pause(session: Session, waiting: Waiting) -> Paused:
    """Record that the run waits for a person's look at a plan, and return the error that says so."""
    commands = tuple(
        session.command("review", *more) for more in (("--approve",), ("--edit", "PLAN.json"), ("--reject", "WHY"))
    )
    stage = waiting.stage.replace("_", " ")
    message = f"The plan of stage {stage} waits for a person's look."
    if waiting.rationale and waiting.rationale.startswith(OWN_REFUSED):
        message = f"{message} {waiting.rationale}"
    session.run.append(
        RunHalted(
            stage=waiting.stage,
            status="paused",
            message=message,
            findings=waiting.findings,
            question=waiting.to_json(),
            commands=commands,
        )
    )
    hint = f"`{session.command('review')}` shows it, `{commands[0]}` and then `{session.command('resume')}` goes on."
    return Paused(message, document=waiting.to_json(), hint=hint)


def as_verdict(said: Any) -> Verdict:
    """Return what a reviewer said as a verdict.

    True or None approves, a document is carried out instead, a text rejects with that reason, False rejects.
    """
    match said:
        case Verdict():
            return said
        case True | None:
            return Verdict()
        case False:
            return Verdict(says="reject")
        case dict():
            return Verdict(says="edit", plan=json.dumps(said))
        case str():
            return Verdict(says="reject", reason=said)
    raise UsageError(
        f"A review answered with {type(said).__name__}.",
        hint="Return True to approve, a plan as a dict to edit, a text to reject with a reason, or a planfit Verdict.",
    )


def command_of(verdict: Verdict, ask_key: str, number: int) -> CommandReceived:
    """Return a verdict as the event that holds it."""
    if verdict.says == "edit":
        return CommandReceived(command="edit", by="person", round=number, ask_key=ask_key, plan=verdict.plan)
    detail = {"approve": "approved", "stop": "stop"}.get(verdict.says, f"rejected: {verdict.reason or ''}")
    return CommandReceived(command="review", by="person", round=number, ask_key=ask_key, detail=detail)


def last_word(run: RunReader, ask_key: str) -> Verdict | None:
    """Return what a person said last to the plan of a question, as the log holds it."""
    for kind in reversed([event.body for event in run.standing if event.body.kind == "command_received"]):
        if kind.ask_key != ask_key:
            continue
        if kind.command == "edit":
            return Verdict(says="edit", plan=kind.plan)
        said = kind.detail or ""
        if said.startswith("rejected: "):
            return Verdict(says="reject", reason=said.removeprefix("rejected: ") or None)
        return Verdict(says="stop") if said == "stop" else Verdict()
    return None


def was_edited(run: RunReader, ask_key: str) -> bool:
    """Say whether the plan that answers a question is a person's own."""
    said = last_word(run, ask_key)
    return said is not None and said.says == "edit"


def waiting_in(reader: RunReader) -> Waiting:
    """Return the plan that a paused run waits with.

    Raises
    ------
    UsageError
        It waits for nothing of the kind.
    """
    halted = reader.find_last("run_halted")
    paused = reader.status == "paused" and isinstance(halted, RunHalted) and halted.status == "paused"
    question = waits_with(reader) if paused else None
    if question is None:
        raise UsageError(
            f"Run {reader.id} is {reader.status}: no plan of it waits for a person.",
            hint="`planfit run ... --review` makes a run wait with its plans.",
        )
    return Waiting.model_validate(question)


def readable(waiting: Waiting, text: str) -> None:
    """Refuse a document that is no plan of the kind that is asked for, before it is recorded.

    Raises
    ------
    UsageError
        It is no JSON, or not of the schema.
    """
    plan, findings = parse(waiting.plan_kind, text)  # type: ignore[arg-type]
    wrong = [found.sentence() for found in findings if found.refuses]
    if plan is None or wrong:
        raise UsageError(
            f"The plan is no {waiting.plan_kind}: {' '.join(wrong)}",
            hint=f"`planfit schema {waiting.plan_kind}` prints its form; `planfit review {waiting.run_id}` the plan at hand.",
        )
