"""The one place where plans are asked for, judged and corrected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from planfit.agent import noticing, reviewing
from planfit.agent.halting import at_hand, tried, ways_on
from planfit.agent.session import Session, StopRequested
from planfit.errors import Halted, PlanfitError
from planfit.planners.base import Answer, Ask
from planfit.planners.registry import is_language_model
from planfit.plans import meaning, parse
from planfit.records.canonical import digest
from planfit.records.events import PlanAccepted, PlanFailed, PlanProposed, PlanRejected, PlanRequested, RunHalted, Stage
from planfit.records.findings import Finding
from planfit.settings import MAX_ATTEMPTS

MOST_OF_AN_ERROR = 200
Findings = tuple[Finding, ...]
Judge = Callable[[Any], tuple[Any, Findings]]
"""From a parsed plan to what the later gates made of it, and their findings."""
Carry = Callable[[Any, Any, str], tuple[Any, Findings]]
"""Carries an accepted plan (with what the gates made of it, and its key) out on the full data."""


@dataclass(frozen=True)
class Agreement:
    """An accepted plan and what came of it."""

    plan: Any
    made: Any
    ask_key: str


def agree_on(session: Session, ask: Ask, judge: Judge, carry: Carry | None = None) -> Agreement:
    """Ask the planner until a plan passes every gate; three failures in a row halt the run.

    The log is followed where it holds the answer: a resumed run repeats no question. After a halt the
    count starts anew, further attempts being new questions.

    Raises
    ------
    Halted
        After `settings.MAX_ATTEMPTS` consecutive failures.
    """
    failures = 0
    before = noticing.Answers()
    ask = session.asking.prepared(ask)
    while True:
        key = session.run.key("ask", 1, [ask.stage, ask.plan_kind, ask.round, ask.attempt])
        document, plan, made, findings = _attempt(session, ask, key, judge)
        if plan is not None and not _refused(findings):
            plan, made, findings = _reviewed(session, ask, key, (plan, made, findings), judge)
        if plan is not None and not _refused(findings):
            session.run.once(PlanAccepted(ask_key=key, plan=plan.to_json(), findings=findings))
            if carry is not None:
                made, findings = carry(plan, made, key)
            if not _refused(findings):
                return Agreement(plan, made, key)
            findings = (*findings, *before.noticed(document, plan))
            session.run.once(PlanFailed(ask_key=key, findings=findings))
        else:
            findings = (*findings, *before.noticed(document, plan))
            session.run.once(PlanRejected(ask_key=key, findings=findings))
        failures += 1
        if failures == MAX_ATTEMPTS:
            failures = 0
            if _falls_back(session, ask.stage):
                session.asking.take_over(ask.stage, session.planner.name, _refusals(session, ask, findings))
                ask, document, findings = ask.having(previous=None, findings=()), "", ()
            elif not session.passes_halt(ask.stage):
                raise halt(session, ask.stage, _refusals(session, ask, findings), findings)
        ask = session.asking.prepared(ask.with_findings(document, findings))


def _falls_back(session: Session, stage: Stage) -> bool:
    wanted = session.request.asking.fallback == "expert" and is_language_model(session.planner.name)
    return wanted and stage not in session.asking.experts


def halt(session: Session, stage: Stage, message: str, findings: Findings = ()) -> Halted:
    """Record that a person is needed, and return the error that says so."""
    commands = ways_on(session, stage)
    session.run.append(
        RunHalted(
            stage=stage,
            message=message,
            findings=findings,
            tried=tried(session.run, stage),
            artifacts=at_hand(session.run),
            commands=commands,
        )
    )
    hint = f"Nothing is lost: `{commands[0]}` goes on from here, `{session.command('trace')}` shows what was tried."
    return Halted(message, stage=stage, findings=findings, hint=hint)


def plan_hash(plan: Any) -> str:
    """Return the hash of a plan's meaning: rationale, reasons and confidence do not change it."""
    return digest(meaning(plan))


def _attempt(session: Session, ask: Ask, key: str, judge: Judge) -> tuple[str, Any, Any, Findings]:
    answer = _answer(session, ask, key)
    if isinstance(answer, Finding):
        return "", None, None, (answer,)
    plan, findings = parse(ask.plan_kind, answer.document)
    if plan is None or _refused(findings):
        return answer.document, None, None, tuple(findings)
    made, later = judge(plan)
    claimed = noticing.claims(ask, plan) if noticing.is_from_model(session.run, key) else ()
    return answer.document, plan, made, (*findings, *later, *claimed)


def _reviewed(
    session: Session, ask: Ask, key: str, passed: tuple[Any, Any, Findings], judge: Judge
) -> tuple[Any, Any, Findings]:
    """Return the plan as a person wants it, where one looks at it; their own plan is judged like any other."""
    verdict = reviewing.verdict_on(session, ask, key, passed[0], passed[2])
    edits = 0
    while True:
        match verdict.says:
            case "approve":
                return passed
            case "stop":
                raise reviewing.leave(session)
            case "reject":
                return None, None, (reviewing.refused_by_person(verdict),)
        plan, findings = parse(ask.plan_kind, verdict.plan or "")
        made = None
        if plan is not None and not _refused(findings):
            made, later = judge(plan)
            findings = (*findings, *later)
        if plan is not None and not _refused(findings):
            return plan, made, tuple(findings)
        edits += 1
        verdict = reviewing.own_plan_refused(session, ask, key, verdict, tuple(findings), at_once=edits < MAX_ATTEMPTS)


def _answer(session: Session, ask: Ask, key: str) -> Answer | Finding:
    run = session.run
    known = run.find("plan_proposed", ask_key=key)
    if known is not None:
        return Answer(document=known.document, prompt="", usage=known.usage)
    refused = run.find("plan_rejected", ask_key=key)
    if refused is not None and refused.findings:
        unanswered: Finding = refused.findings[0]
        return unanswered
    if run.recorded is not None and run.recorded.ended_before(key):
        session.stop()
    if session.stopping:
        raise StopRequested
    try:
        answer: Answer | Finding = session.asking.put(ask)
    except (PlanfitError, StopRequested):  # the person's own to mend, or to decide
        raise
    except Exception as error:  # a planner may be anybody's code; that it broke is an answer that is none
        said = " ".join(str(error).split())[:MOST_OF_AN_ERROR]
        broke = f"The planner broke down instead of answering: {type(error).__name__}{': ' if said else ''}{said}."
        answer = Finding(code="planner-unreachable", gate="document", message=broke)
    prompt = answer.prompt if isinstance(answer, Answer) else session.asking.prompt_of_failure
    by = answer.planner if isinstance(answer, Answer) else None
    requested = PlanRequested(
        ask_key=key,
        stage=ask.stage,
        plan_kind=ask.plan_kind,
        prompt=run.keep_text(prompt or "The planner could not be reached."),
        planner=by or session.answers(ask.stage),
        round=ask.round,
        attempt=ask.attempt,
    )
    run.once(requested)
    session.asking.record(key, answer)
    if isinstance(answer, Finding):
        return answer
    run.once(PlanProposed(ask_key=key, document=answer.document, usage=answer.usage))
    return answer


def _refused(findings: Findings) -> bool:
    return any(finding.refuses for finding in findings)


def _refusals(session: Session, ask: Ask, findings: Findings) -> str:
    first = next(finding for finding in findings if finding.refuses)
    return (
        f"Planner {session.planner.name!r} gave {MAX_ATTEMPTS} answers in a row that could not be used in stage "
        f"{ask.stage}; the last one because: {first.sentence()}"
    )
