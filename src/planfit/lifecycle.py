"""What a person does with runs that are there: stop one, go back in one, look a plan over, branch off,
deliver another candidate, carry one out again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from planfit import settings
from planfit.arguments import (
    absolute_path,
    asking_of,
    one_of,
    own_plan,
    plan_text,
    planner_name,
    reviewed,
    sentence_of,
    store_folder,
)
from planfit.errors import UsageError
from planfit.records.events import Event
from planfit.runs import Run

if TYPE_CHECKING:
    from planfit.agent.replaying import Replayed
    from planfit.planners.base import Planner


def _ref(run: Run | str | Path) -> str | Path:
    return run.path if isinstance(run, Run) else run


def stop(
    run: Run | str | Path = "latest", *, now: bool = False, wait: float = 0.0, store: str | Path = settings.STORE
) -> Run:
    """Ask a run that another process works on to finish with the best so far.

    Parameters
    ----------
    run : Run, str or path, default="latest"
        A run, its id, a unique prefix of one, its path, or ``latest``.
    now : bool, default=False
        Leave at once instead: nothing is delivered, and the run can be resumed.
    wait : float, default=0
        Seconds to wait for its end.
    store : path, default="artifacts"
        Folder that runs are kept in.

    Returns
    -------
    Run
        As it stands then.

    Raises
    ------
    UsageError
        No process works on it.
    """
    from planfit.agent import steering
    from planfit.store.store import Store

    return Run(steering.stop(Store(store_folder(store)), _ref(run), now=now, wait_seconds=wait))


def rollback(run: Run | str | Path, to: str, *, store: str | Path = settings.STORE) -> Run:
    """Go back to an earlier state of a run. Nothing is deleted; the next resume goes on from there.

    What came later is set aside: it is not delivered, and not tried again by itself.

    Parameters
    ----------
    run : Run, str or path
        As for `stop`.
    to : str
        ``"features/v1"``, ``"candidates/c004"``, or the number of an event.
    store : path, default="artifacts"

    Returns
    -------
    Run
        Its status is ``paused``.

    Raises
    ------
    UsageError
        There is no such state.
    RunLocked
        A process works on it.
    """
    from planfit.agent import steering
    from planfit.store.store import Store

    return Run(steering.rollback(Store(store_folder(store)), _ref(run), str(to))[0])


def review(
    run: Run | str | Path = "latest",
    *,
    approve: bool = False,
    edit: str | Path | Mapping[str, Any] | None = None,
    reject: str | None = None,
    stop: bool = False,
    data: str | Path | None = None,
    store: str | Path = settings.STORE,
) -> dict[str, Any]:
    """Say what is to become of the plan that a paused run waits with; `resume` then goes on. Without a word: only look.

    Parameters
    ----------
    run : Run, str or path
        As for `stop`.
    approve : bool
        Carry it out.
    edit : path, dict or JSON text
        Carry this plan out instead; it is judged like any other, and noted only where it holds.
    reject : str
        Ask the planner for another; it is told this reason.
    stop : bool
        Finish with the best so far.
    data : path or None
        The new place of the table, where it moved: an edited plan is judged on it.
    store : path, default="artifacts"

    Returns
    -------
    dict
        The plan that waits, its stage and rationale.

    Raises
    ------
    UsageError
        No plan waits, more than one thing is said, or the edited plan does not hold.
    """
    from planfit.agent import steering
    from planfit.records.review import Verdict
    from planfit.store.store import Store

    said = [approve, edit is not None, reject is not None, stop]
    if sum(said) > 1:
        raise UsageError(
            "A plan cannot be approved, edited, rejected and stopped at once.", hint="Say one thing about it."
        )
    verdict = None
    if edit is not None:
        verdict = Verdict(says="edit", plan=plan_text(edit))
    elif reject is not None:
        if not reject.strip():
            raise UsageError("A plan is rejected without a reason.", hint="Say why: the planner is told.")
        verdict = Verdict(says="reject", reason=reject.strip())
    elif approve or stop:
        verdict = Verdict(says="stop" if stop else "approve")
    return steering.review(Store(store_folder(store)), _ref(run), verdict, data)[1].to_json()


def fork(
    run: Run | str | Path,
    task: str | None = None,
    *,
    planner: str | Planner | None = None,
    features: str | Path | Mapping[str, Any] | None = None,
    start: str | None = None,
    data: str | Path | None = None,
    base_url: str | None = None,
    knowledge: str | Path | None = None,
    privacy: Literal["schema", "profile", "samples"] | None = None,
    redact: Sequence[str] = (),
    fallback: Literal["expert"] | None = None,
    small_model: bool = False,
    answer_within: float | str | None = None,
    max_calls: int | None = None,
    max_tokens: int | None = None,
    max_cost: float | None = None,
    price: str | None = None,
    review: Any = False,
    store: str | Path = settings.STORE,
    on_event: Callable[[Event], None] | None = None,
    started: float | None = None,
) -> Run:
    """Branch off: a new run that shares every step of its parent whose inputs are the same.

    Parameters
    ----------
    run : Run, str or path
        The parent, as for `stop`; it may still be going.
    task : str or None
        A new sentence; None: the parent's.
    planner : str, Planner or None
        Who decides; None: the parent's planner.
    features : path, dict or None
        A feature plan of your own.
    start : {"task", "feature_engineering", "model_search"} or None
        Up to this stage the answers of the parent stand; None: all is asked anew, unless only `features` differ.
    data : path or None
        The new place of the table, where it moved.
    base_url, knowledge, privacy, redact, fallback, small_model, answer_within, max_calls, max_tokens, max_cost, price
        How a language model is asked, as for `planfit.run`; what is not named is as it was for the parent.
    review
        As for `planfit.run`.
    store, on_event, started
        As for `planfit.run`.

    Returns
    -------
    Run

    Raises
    ------
    UsageError
        Nothing differs from the parent.
    DataChanged
        The table is gone or holds something else now.
    """
    from planfit.agent.conduct import begin
    from planfit.agent.forking import request_of_fork, table_of
    from planfit.agent.scope import refuse_what_is_not_done
    from planfit.store.store import Store

    opened = Store(store_folder(store))
    parent = opened.open(_ref(run))
    sentence = None if task is None else sentence_of(task)
    if sentence is not None and parent.request.target is None:
        refuse_what_is_not_done(sentence)
    stages, reviewer = reviewed(review)
    asking = asking_of(
        base_url=base_url,
        knowledge=knowledge,
        redact=redact,
        fallback=fallback,
        small=small_model,
        answer_within=answer_within,
        max_calls=max_calls,
        max_tokens=max_tokens,
        max_cost=max_cost,
        price=price,
    )
    request = request_of_fork(
        parent,
        sentence=sentence,
        planner=None if planner is None else planner_name(planner),
        features=own_plan(features),
        start=start,
        asking=asking,
        privacy=one_of(privacy, ("schema", "profile", "samples"), "tier of privacy"),
        review=stages,
    )
    given, _ = table_of(parent, absolute_path(data))
    if request.data is not None:
        request = request.having(data=given)
    who = request.planner if planner is None else planner
    return Run(begin(opened, request, given, who, reviewer=reviewer, parent=parent, listener=on_event, started=started))


def deliver(
    run: Run | str | Path,
    candidate: str,
    *,
    data: str | Path | None = None,
    store: str | Path = settings.STORE,
    on_event: Callable[[Event], None] | None = None,
    started: float | None = None,
) -> Run:
    """Deliver another candidate of a run that has ended: a person's decision, which its record keeps.

    The candidate is fitted again on all rows and takes the place of the model. The holdout is not opened again: its score
    stays that of the candidate that the run had chosen, and ``metadata.json`` says so.

    Parameters
    ----------
    run : Run, str or path
        A run, its id, a unique prefix of one, its path, or ``latest``.
    candidate : str
        Id on the leaderboard, e.g. ``"c007"``; an ensemble's too.
    data : path or None
        The new place of the table, where it moved.
    store, on_event, started
        As for `planfit.run`.

    Returns
    -------
    Run

    Raises
    ------
    UsageError
        The run has not ended, or has no such candidate.
    DataChanged
        The table is gone or holds something else now.
    """
    from planfit.agent import conduct
    from planfit.store.store import Store

    name = str(candidate).strip()
    opened = Store(store_folder(store))
    return Run(conduct.deliver(opened, _ref(run), name, data, listener=on_event, started=started))


def replay(
    run: Run | str | Path,
    data: str | Path,
    *,
    out: str | Path | None = None,
    store: str | Path = settings.STORE,
    on_event: Callable[[Event], None] | None = None,
) -> Replayed:
    """Carry a run out again from its record, with no network and no clock, and compare the two.

    Parameters
    ----------
    run : Run, str or path
        A run that has ended.
    data : path
        Its table.
    out : path or None
        Store that the replayed run is kept in; None: it is removed when it has been compared.
    store, on_event
        As for `run`.

    Returns
    -------
    Replayed
        Whether plans, scores and predictions are equal, and the first difference where they are not.
    """
    from tempfile import TemporaryDirectory

    from planfit.agent.replaying import replay as carry_out_again
    from planfit.store.store import Store

    reader = Store(store_folder(store)).open(_ref(run))
    if out is not None:
        return carry_out_again(reader, data, Path(store_folder(out)), keep=True, listener=on_event)
    with TemporaryDirectory(prefix="planfit-replay-") as folder:
        return carry_out_again(reader, data, Path(folder), keep=False, listener=on_event)
