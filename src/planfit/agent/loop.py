"""The order of the work, on one page. It is always executed from the top; the record answers what was done before."""

from __future__ import annotations

from typing import Any

from planfit.agent import first_features, limits, meanwhile
from planfit.agent.admission import admit
from planfit.agent.allotments import scoring_folds
from planfit.agent.attempts import halt
from planfit.agent.going_back import Undone
from planfit.agent.meanwhile import Ahead
from planfit.agent.moves import agree_on_move
from planfit.agent.noticing import is_from_model
from planfit.agent.own_scorer import score_of
from planfit.agent.search import Search
from planfit.agent.session import Session, StopRequested
from planfit.agent.stages import candidates, choice, delivery, ensemble, features, threshold, tuning
from planfit.agent.stages.discovery import Discovery
from planfit.agent.stages.report import write_report
from planfit.agent.stages.screening import screen
from planfit.agent.stages.split import Rows, lay_out, look_at_target, split_rows
from planfit.agent.stages.table import keep_table, profile, read_table, with_holdout
from planfit.agent.stages.task import agree_on_task, in_its_unit, options_of, reconsider, record
from planfit.agent.stages.weights import admit_weight, with_weight
from planfit.plans import Ensemble, Finish, Models, Revise, Tune
from planfit.records.events import RunFinished, RunStopped
from planfit.settings import STOP_GRACE


def carry_out(session: Session, given: Any) -> None:
    """Carry out a run from its table to its report."""
    search = prepare(session, given)
    try:
        reason, because = explore(session, search)
    except StopRequested:
        reason, because = limits.PERSON
    session.searching = False
    session.run.once(RunStopped(reason=reason, because=because))
    by_person = session.run.find("run_stopped").reason == "person"
    if by_person:
        session.clock.allow(STOP_GRACE)
    done = deliver(session, search, ended_by_itself=not by_person)
    for number, candidate in enumerate(session.wishes, 1):
        done = deliver_wanted(session, search, candidate, number, done)
    session.asking.settle()
    session.finish(done)


def explore(session: Session, search: Search) -> limits.Stop:
    """Baseline, first models, features, then a move a round; return why the search ended."""
    folds = scoring_folds(session, search)
    candidates.score_candidates(session, search, [candidates.baseline(search)], folds)
    if session.request.scorer is not None and (floor := search.baseline) is not None:
        score_of(session, search, floor, strict=True)  # a scorer that fails is heard of now, not when all is done
    session.searching = True
    features_too = limits.time_for_features(session, search)
    discovery = Discovery(session, search) if features_too else None
    if session.timed and session.request.features is None and limits.reached(session, search) is None:
        search.features_follow = features_too
        take_turn(session, search, folds)  # a model to deliver, whatever comes
        search.features_follow = False
    if discovery is not None:
        search.screened = discovery.found()
        if limits.time_left_for_features(session, search):
            first_features.make(session, search, lambda: take_turn(session, search, folds))
    while (stop := limits.reached(session, search)) is None:
        ahead = meanwhile.ask_for_move(session, search)
        if ahead is not None:
            meanwhile.work(session, search, ahead.ask, lambda: take_turn(session, search, folds))
            if (stop := limits.reached(session, search)) is not None:
                break
        ended = take_turn(session, search, folds, ahead)
        if ended is not None:
            return ended
    return stop


def take_turn(session: Session, search: Search, folds: int, ahead: Ahead | None = None) -> limits.Stop | None:
    """Agree on a move and carry it out; return why the search ends where the planner ends it."""
    search.round += ahead is None
    agreed = agree_on_move(session, search) if ahead is None else agree_on_move(session, search, *ahead.given)
    search.leader = search.best_of_scored()
    match agreed.plan:
        case Revise():
            features.adopt(session, search, agreed)
        case Models(plan=plan):
            candidates.score_candidates(session, search, candidates.specs(plan, search), folds)
        case Tune(plan=plan):
            tuning.tune(session, search, plan, folds)
        case Ensemble():
            ensemble.blend(session, search)
        case Finish(rationale=why):
            if not is_from_model(session.run, agreed.ask_key):
                return "planner", why or "The planner sees nothing left that would help."
            session.asking.hand_over("model_search", why)
    halt_where_nothing_works(session, search)
    session.finishing_seconds = limits.forecast_finishing(session, search)
    return None


def prepare(session: Session, given: Any) -> Search:
    """From the table to a settled task, a split, and the files that jobs read."""
    session.finishing_seconds = limits.forecast_finishing(session, None)
    own = read_table(session, given)
    table, holdout_from = with_holdout(session, own)
    known = profile(session, table)
    admit(known, options_of(session))
    admit_weight(session, known)
    keep_table(session, own)
    task = with_weight(session, agree_on_task(session, table, known))
    rows = Rows(session, table, holdout_from, known, task)
    split, part, split_key = split_rows(session, rows, task)
    target = look_at_target(session, rows, task, part, split_key)
    if target.leaks:
        task = reconsider(session, task, table, known, target)
    task = screen(session, task, known, target)
    task = in_its_unit(session, task, known, target)
    record(session, task)
    lay_out(session, rows, task, part, split)
    return Search(
        task=task,
        split=split,
        split_key=split_key,
        profile=known,
        target_profile=target,
        raw_columns=session.settled.door_schema.columns,
        undone=Undone.of(session.run) if session.run.recorded is None else session.run.recorded.undone,
    )


def deliver(session: Session, search: Search, *, ended_by_itself: bool) -> RunFinished:
    """One look at the holdout, a refit on all rows, the bundle, the report."""
    ensemble.blend_what_is_new(session, search)
    best = choice.choose(session, search)
    point = threshold.settle(session, search, best)
    finished = delivery.evaluate_and_refit(session, search, best, point, ended_by_itself=ended_by_itself)
    delivery.write_bundle(session, search, point, finished)
    write_report(session)
    return RunFinished(
        status="finished" if ended_by_itself else "stopped",
        delivered=finished.delivered,
        cv=point.score,
        holdout=finished.holdout,
        seconds=round(session.clock.elapsed(), 3),
    )


def deliver_wanted(session: Session, search: Search, candidate: str, number: int, before: RunFinished) -> RunFinished:
    """What a person wants delivered instead, after the run has ended; they wait for it, so there is no deadline."""
    session.clock.limit = None
    wanted = search.find(candidate)
    point = threshold.settle(session, search, wanted)
    finished = delivery.refit_wanted(session, search, wanted, point, before.holdout)
    delivery.write_bundle(session, search, point, finished, wish=number)
    write_report(session)
    return before.having(delivered=finished.delivered, cv=point.score, seconds=round(session.clock.elapsed(), 3))


def halt_where_nothing_works(session: Session, search: Search) -> None:
    """Three candidates in a row failed and none beats the baseline: a person is needed."""
    if not candidates.too_many_failures(search) or search.has_success():
        return
    search.failed_in_row = 0
    if not session.passes_halt("model_search"):
        last = search.failures[-1]
        raise halt(
            session,
            "model_search",
            f"The last candidates all failed and none beats the baseline; {last.spec.id} ({last.spec.family}): {last.detail}",
        )
