"""The public face: `run`, `resume`, `load` and the `Run` object. Settings become arguments here; plans by hand are `by_hand`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from planfit import settings
from planfit.arguments import (
    absolute_path,
    asking_of,
    column_name,
    cores,
    family_names,
    holdout_text,
    label_text,
    latency_of,
    limits_of,
    list_of_names,
    metric_name,
    one_of,
    own_plan,
    planner_name,
    reviewed,
    scorer_name,
    sentence_of,
    split_text,
    store_folder,
    whole_number,
)
from planfit.errors import UsageError
from planfit.records.events import Event
from planfit.records.run import RunRequest
from planfit.runs import Run, deployed

if TYPE_CHECKING:
    from planfit.deploy.bundle import Bundle
    from planfit.planners.base import Planner
    from planfit.profiling import DataProfile

Listener = Callable[[Event], None]
Scorer = Callable[[Any, Any, Any], Any]
Reviewer = Callable[[Any], Any]


def run(
    data: Any,
    task: str,
    *,
    planner: str | Planner = "expert",
    target: str | None = None,
    task_type: Literal["binary", "multiclass", "regression"] | None = None,
    metric: str | Scorer | None = None,
    positive_class: str | None = None,
    split: str | None = None,
    sample_weight: str | None = None,
    exclude: Sequence[str] = (),
    include: Sequence[str] = (),
    holdout: str | float = "auto",
    time_limit: float | str | None = None,
    memory_limit: int | str | None = None,
    max_candidates: int | None = None,
    patience: int = settings.PATIENCE,
    models: Sequence[str] = (),
    features: str | Path | Mapping[str, Any] | None = None,
    deliver: Literal["accurate", "balanced", "simple"] = "accurate",
    max_latency: float | str | None = None,
    table_format: Literal["parquet", "csv"] = "parquet",
    base_url: str | None = None,
    knowledge: str | Path | None = None,
    privacy: Literal["schema", "profile", "samples"] = "profile",
    redact: Sequence[str] = (),
    fallback: Literal["expert"] | None = None,
    small_model: bool = False,
    answer_within: float | str | None = None,
    max_calls: int | None = None,
    max_tokens: int | None = None,
    max_cost: float | None = None,
    price: str | None = None,
    seed: int = settings.SEED,
    review: bool | Sequence[str] | Reviewer = False,
    store: str | Path = settings.STORE,
    on_event: Listener | None = None,
    started: float | None = None,
) -> Run:
    """Train a model for a task that is told in one sentence.

    Parameters
    ----------
    data : path, pandas.DataFrame, polars.DataFrame or pyarrow.Table
        The table, the target among its columns: a file or address as `planfit.data.readers.read` takes it, or a frame.
    task : str
        What is wanted, e.g. ``"Predict customer churn based on usage patterns"``.
    planner : str or Planner, default="expert"
        Who decides. The expert works offline; ``"PROVIDER:MODEL"`` is a language model, e.g. ``"openai:gpt-5"`` or
        ``"ollama:llama3"``, and needs the extra ``planfit[llm]``.
    target, task_type, metric, positive_class, split, exclude, include
        What the user fixes about the task; the planner finds the rest. `split` is ``KIND`` or ``KIND:COLUMN``. Columns in
        `include` stay in, even where the planner would leave them out (an identifier, a suspected leak). `metric` may be a
        scorer of your own, ``scorer(estimator, X, y)`` as `sklearn.metrics.make_scorer` gives it: the search goes by a
        metric of planfit's, and your scorer, in this process, chooses among what it found and judges the holdout.
    sample_weight : str or None
        A column of positive numbers: how much each row counts, in every fit and score. No model may use it, and rows that
        are predicted later need not have it.
    holdout : "auto", float, path or "none", default="auto"
        Rows that are scored once, at the end: a fifth (20,000 at the most), a share, the rows of another file, none.
    time_limit : float or str or None
        Seconds, or ``"5m"``. When neither this nor `max_candidates` is given: 10 minutes. At least 5 seconds.
    memory_limit : int or str or None
        Bytes, or ``"4GB"``, of resident memory for all jobs together. Default: 70 % of what is free.
    max_candidates : int or None
        Scored configurations. Without a time limit no decision reads a clock, and results are reproducible to the bit.
    patience : int, default=10
        Consecutive candidates without improvement after which the search has converged.
    models : sequence of str
        Model families that may be used; empty: all that are installed.
    features : path, dict or None
        A feature plan of your own; it is judged, but never rolled back.
    deliver : {"accurate", "balanced", "simple"}, default="accurate"
        The best candidate, ensembles included; the best whose one-row latency is within `max_latency`; the simplest
        within one corrected standard error of the best.
    max_latency : str or float or None
        For ``balanced``: ``"5ms"``, or milliseconds as a number. Measured here, so that a busy machine counts.
    table_format : {"parquet", "csv"}
        Format of the transformed training table.
    base_url, knowledge, privacy, redact, fallback, small_model, answer_within, max_calls, max_tokens, max_cost, price
        How a language model is asked: where it is; what you know of the matter (a text or a file); what it may see of
        the table (`schema`: names and kinds; `profile`: figures; `samples`: rare values too); columns whose names stay
        here; who takes over where it fails (``"expert"``); whether it only chooses among options; how long one
        call may take; limits of calls, tokens and US dollars, checked before each call; its price as ``"IN,OUT"`` for a million tokens.
    seed : int, default=0
    review : bool, sequence of str or callable, default=False
        Stages whose plans a person looks at before they are carried out: ``"task"``, ``"feature_engineering"``,
        ``"model_search"``, or True for all. The run pauses there (`Paused`) until `planfit.review` and `resume`. A
        callable is asked at once, with a record of the plan: True approves, a document is carried out instead, a text
        rejects with that reason.
    store : path, default="artifacts"
        Folder that runs are kept in.
    on_event : callable or None
        Called with each event after it is in the log.
    started : float or None
        ``time.monotonic()`` from which the time limit counts; now when None.

    Returns
    -------
    Run

    Raises
    ------
    UsageError
        A wrong argument or an unreadable table.
    QuestionAsked
        The target is not clear; name it with `target`.
    Halted
        Three plans in a row were refused, or nothing could be trained.
    Paused
        A plan waits for a person's look.
    """
    from planfit.agent.conduct import begin
    from planfit.agent.own_scorer import OwnScorer
    from planfit.agent.scope import refuse_what_is_not_done
    from planfit.store.store import Store

    if data is None:
        raise UsageError("There is no table: the data is None.", hint="Give the path of a file, or a frame.")
    path = absolute_path(data)
    sentence = sentence_of(task)
    scorer = scorer_name(metric)
    rule = one_of(deliver, ("accurate", "balanced", "simple"), "way to deliver") or "accurate"
    if target is None:
        refuse_what_is_not_done(sentence)
    stages, reviewer = reviewed(review)
    request = RunRequest(
        sentence=sentence,
        review=stages,
        data=path,
        planner=planner_name(planner),
        target=column_name(target, "target"),
        task_type=one_of(task_type, ("binary", "multiclass", "regression"), "task type"),
        metric=None if scorer is not None else metric_name(metric, task_type),
        scorer=scorer,
        positive_class=None if positive_class is None else label_text(positive_class),
        split=split_text(split),
        sample_weight=column_name(sample_weight, "column of weights"),
        exclude=list_of_names(exclude, "excluded columns"),
        include=list_of_names(include, "included columns"),
        holdout=holdout_text(holdout),
        limits=limits_of(time_limit, memory_limit, max_candidates, patience),
        models=family_names(list_of_names(models, "model families")),
        features=own_plan(features),
        deliver=rule,
        max_latency_ms=latency_of(max_latency, rule),
        table_format=one_of(table_format, ("parquet", "csv"), "table format"),
        privacy=one_of(privacy, ("schema", "profile", "samples"), "tier of privacy") or "profile",
        asking=asking_of(
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
        ),
        seed=whole_number(seed, 0, "seed", "For example 0."),
        workers=cores(),
        threads=1,
    )
    opened = Store(store_folder(store))
    own = OwnScorer(scorer, metric) if scorer is not None and callable(metric) else None
    begun = begin(opened, request, data, planner, scorer=own, reviewer=reviewer, listener=on_event, started=started)
    return Run(begun)


def profile(
    data: Any,
    target: str | None = None,
    *,
    task_type: Literal["binary", "multiclass", "regression"] | None = None,
    seed: int = settings.SEED,
) -> DataProfile:
    """Say what a table holds and what a careful reader would point out; nothing is trained.

    Parameters
    ----------
    data : path, pandas.DataFrame, polars.DataFrame, pyarrow.Table or other table
        As for `run`.
    target : str or None
        The column to predict. When given, rows are divided as a run with the same `seed` would divide them, and the
        training rows tell how much each column says about it alone and which give it away.
    task_type : {"binary", "multiclass", "regression"} or None
        Kind of task; from the target's values when None.
    seed : int, default=0

    Returns
    -------
    DataProfile
        Its `profile` holds the figures and warnings, its `target` what the training rows say; `to_json` and `to_html`
        write all of it.

    Raises
    ------
    UsageError
        A wrong argument, an unreadable table, or a target that nothing can be learned about.

    Examples
    --------
    >>> import pandas as pd
    >>> found = profile(pd.DataFrame({"age": [31, 27, 44], "city": ["Bern", "Bern", None]}))
    >>> found.profile.of("city").missing
    1
    """
    from planfit.profiling import profile_data

    return profile_data(
        data,
        target=column_name(target, "target"),
        task_type=one_of(task_type, ("binary", "multiclass", "regression"), "task type"),
        seed=whole_number(seed, 0, "seed", "Any number from 0 on; 0 is the default."),
    )


def resume(
    ref: str | Path = "latest",
    *,
    planner: str | Planner | None = None,
    metric: Scorer | None = None,
    data: str | Path | None = None,
    review: Reviewer | None = None,
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
    store: str | Path = settings.STORE,
    on_event: Listener | None = None,
    started: float | None = None,
) -> Run:
    """Take up a run where it stopped. What is finished is found again and not repeated.

    Parameters
    ----------
    ref : str or path, default="latest"
        Run id, unique prefix of one, path, or ``latest``.
    planner : str, Planner or None
        Another planner for the questions that are still open; None: the run's own.
    metric : callable or None
        The scorer of your own that the run was begun with; no record can hold it.
    data : path or None
        The new place of the table, where it moved.
    review : callable or None
        Looks at the plans of the stages that the run was told to have reviewed; see `run`.
    base_url, knowledge, privacy, redact, fallback, small_model, answer_within, max_calls, max_tokens, max_cost, price
        How a language model is asked from here on, as for `run`; what is not named is as the run was begun. Limits count
        what the run has spent before.
    store, on_event, started
        As for `run`.

    Returns
    -------
    Run
        Of a finished run: that run, unchanged.

    Raises
    ------
    DataChanged
        The table is gone or holds something else now.
    RunLocked
        Another process is at work on it.
    """
    from planfit.agent.conduct import go_on
    from planfit.agent.own_scorer import OwnScorer
    from planfit.store.store import Store

    name = scorer_name(metric)
    own = OwnScorer(name, metric) if name is not None and metric is not None else None
    opened = Store(store_folder(store))
    asking = asking_of(
        base_url=base_url, knowledge=knowledge, redact=redact, fallback=fallback, small=small_model,
        answer_within=answer_within, max_calls=max_calls, max_tokens=max_tokens, max_cost=max_cost, price=price,
    )  # fmt: skip
    tier = one_of(privacy, ("schema", "profile", "samples"), "tier of privacy")
    return Run(
        go_on(
            opened, ref, planner, data, asking=asking, privacy=tier, scorer=own, reviewer=review, listener=on_event,
            started=started,
        )
    )  # fmt: skip


def open_run(ref: str | Path = "latest", *, store: str | Path = settings.STORE) -> Run:
    """Open a run for reading; works while it is going."""
    from planfit.store.store import Store

    return Run(Store(store_folder(store)).open(ref))


def load(ref: str | Path, *, trust: bool = False, store: str | Path = settings.STORE) -> Bundle:
    """Load a delivered model: from a run, or from a bundle folder.

    Parameters
    ----------
    ref : str or path
        Run id, prefix, ``latest``, a run's folder, or a ``model/`` folder.
    trust : bool, default=False
        Load a bundle that this user's key did not sign. Loading runs code from the file: only for files you trust.
    store : path, default="artifacts"
        Folder that runs are kept in.

    Raises
    ------
    NotTrusted
        The bundle is not signed by this user's key and `trust` is False.
    DamagedRun
        A file does not fit its hash.
    """
    from planfit.deploy import bundle
    from planfit.store.store import Store

    folder = Path(ref)
    if (folder / "metadata.json").is_file():
        return bundle.load(folder, trust=trust)
    if (folder / "model" / "metadata.json").is_file():
        return bundle.load(folder / "model", trust=trust)
    return deployed(Store(store_folder(store)).open(ref), trust=trust)
