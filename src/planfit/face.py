"""The public face: `run`, `resume`, `load`, `check`, `compile`, and the `Run` object. Settings become arguments here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from planfit import settings
from planfit.amounts import bytes_of, seconds_of
from planfit.errors import UsageError
from planfit.records.events import Event
from planfit.records.findings import Finding
from planfit.records.run import Limits, RunRequest, RunSummary

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.pipeline import Pipeline

    from planfit.deploy.bundle import Bundle
    from planfit.planners.base import Planner
    from planfit.store.run import RunReader

Listener = Callable[[Event], None]


def run(
    data: Any,
    task: str,
    *,
    planner: str | Planner = "expert",
    target: str | None = None,
    task_type: Literal["binary", "multiclass", "regression"] | None = None,
    metric: str | None = None,
    positive_class: str | None = None,
    split: str | None = None,
    exclude: Sequence[str] = (),
    include: Sequence[str] = (),
    holdout: str | float = "auto",
    time_limit: float | str | None = None,
    memory_limit: int | str | None = None,
    max_candidates: int | None = None,
    patience: int = settings.PATIENCE,
    models: Sequence[str] = (),
    features: str | Path | Mapping[str, Any] | None = None,
    table_format: Literal["parquet", "csv"] = "parquet",
    seed: int = settings.SEED,
    store: str | Path = settings.STORE,
    on_event: Listener | None = None,
    started: float | None = None,
) -> Run:
    """Train a model for a task that is told in one sentence.

    Parameters
    ----------
    data : path, pandas.DataFrame, polars.DataFrame or pyarrow.Table
        The table, the target among its columns. A CSV, TSV or Parquet file, or a table in memory.
    task : str
        What is wanted, e.g. ``"Predict customer churn based on usage patterns"``.
    planner : str or Planner, default="expert"
        Who decides. The expert works offline.
    target, task_type, metric, positive_class, split, exclude, include
        What the user fixes about the task; the planner finds the rest. `split` is ``KIND`` or ``KIND:COLUMN``. Columns in
        `include` stay in, even where the planner would leave them out (an identifier, a suspected leak).
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
    table_format : {"parquet", "csv"}
        Format of the transformed training table.
    seed : int, default=0
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
    """
    from planfit.agent.conduct import begin
    from planfit.store.store import Store

    if data is None:
        raise UsageError("There is no table: the data is None.", hint="Give the path of a file, or a frame.")
    path = _absolute(data)
    request = RunRequest(
        sentence=_sentence(task),
        data=path,
        planner=_planner_name(planner),
        target=_name(target, "target"),
        task_type=_one_of(task_type, ("binary", "multiclass", "regression"), "task type"),
        metric=_metric(metric, task_type),
        positive_class=None if positive_class is None else _label(positive_class),
        split=_split(split),
        exclude=_names(exclude, "excluded columns"),
        include=_names(include, "included columns"),
        holdout=_holdout(holdout),
        limits=_limits(time_limit, memory_limit, max_candidates, patience),
        models=_families(_names(models, "model families")),
        features=_own_plan(features),
        table_format=_one_of(table_format, ("parquet", "csv"), "table format"),
        seed=_whole(seed, 0, "seed", "For example 0."),
        workers=_cores(),
        threads=1,
    )
    opened = Store(store)
    return Run(begin(opened, request, data, planner, listener=on_event, started=started))


def resume(
    ref: str | Path = "latest",
    *,
    planner: str | Planner | None = None,
    data: str | Path | None = None,
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
    data : path or None
        The new place of the table, where it moved.
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
    from planfit.store.store import Store

    return Run(go_on(Store(store), ref, planner, data, listener=on_event, started=started))


def open_run(ref: str | Path = "latest", *, store: str | Path = settings.STORE) -> Run:
    """Open a run for reading; works while it is going."""
    from planfit.store.store import Store

    return Run(Store(store).open(ref))


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
    reader = Store(store).open(ref)
    if not (reader.path / "model" / "metadata.json").is_file():
        raise UsageError(
            f"Run {reader.id} has no model yet; its status is {reader.status}.",
            hint=f"`planfit resume {reader.id}` goes on with it.",
        )
    return bundle.load(reader.path / "model", trust=trust)


def check(
    plan: str | Path | Mapping[str, Any], data: Any, *, target: str | None = None, task_type: str | None = None
) -> tuple[Finding, ...]:
    """Judge a feature plan against a table: all findings at once, nothing trained.

    Parameters
    ----------
    plan : path, dict or JSON text
    data : path or frame
    target : str or None
        The column that a plan must not use; operations that look at the target are tried only when it is given.
    task_type : str or None
        ``binary``, ``multiclass`` or ``regression``; by the target's values when None.
    """
    from planfit.agent.checking import check_plan

    return check_plan(_plan_text(plan), data, target=target, task_type=task_type)


def compile(
    plan: str | Path | Mapping[str, Any], data: Any, *, target: str | None = None, task_type: str | None = None
) -> Pipeline:
    """Return the unfitted scikit-learn Pipeline of a feature plan for a table.

    Parameters
    ----------
    plan, data, target, task_type
        As for `check`.

    Raises
    ------
    UsageError
        The plan has findings of severity error.
    """
    from planfit.agent.checking import compile_for

    return compile_for(_plan_text(plan), data, target=target, task_type=task_type)


class Run:
    """A run, as its record tells it. Nothing is loaded before it is asked for."""

    def __init__(self, reader: RunReader) -> None:
        self._reader = reader
        self._bundle: Bundle | None = None

    @property
    def id(self) -> str:
        return self._reader.id

    @property
    def path(self) -> Path:
        return self._reader.path

    @property
    def status(self) -> str:
        return self._reader.status

    @property
    def events(self) -> tuple[Event, ...]:
        return self._reader.events

    @property
    def bundle(self) -> Bundle:
        """Everything that is deployed: model, pipeline, schema, metadata."""
        if self._bundle is None:
            self._bundle = load(self._reader.path)
        return self._bundle

    @property
    def model(self) -> Any:
        """The delivered model: raw columns in, predictions out."""
        return self.bundle.model

    @property
    def pipeline(self) -> Pipeline:
        """The scikit-learn Pipeline from raw columns to the delivered estimator's input; for reading and reuse."""
        return self.bundle.pipeline

    def predict(self, data: Any) -> pd.Series:
        """Predict for raw rows.

        Parameters
        ----------
        data : pandas.DataFrame, polars.DataFrame, pyarrow.Table or list of dict, shape (n_rows, n_columns)

        Returns
        -------
        pandas.Series of shape (n_rows,)
            Labels as they stand in the data, or numbers in the target's unit.
        """
        return self.bundle.predict(data)

    def predict_proba(self, data: Any) -> pd.DataFrame:
        """Return probabilities, shape (n_rows, n_classes); columns are the class labels."""
        return self.bundle.predict_proba(data)

    @property
    def leaderboard(self) -> pd.DataFrame:
        """All scored candidates, best first."""
        import pandas as pd

        return pd.DataFrame(self.leaderboard_rows)

    @property
    def leaderboard_rows(self) -> list[dict[str, Any]]:
        """The leaderboard as plain rows."""
        from planfit.trace.leaderboard import rows

        return rows(self._reader)

    def verify(self) -> Any:
        """Check every event, signature and file of the record; changes nothing."""
        return self._reader.verify()

    @property
    def report(self) -> str:
        """The report as Markdown."""
        return (self.path / "report.md").read_text(encoding="utf-8")

    @property
    def trace(self) -> list[dict[str, Any]]:
        """The decision record: one entry an answer of the planner or a decision of the runtime."""
        from planfit.trace.decisions import entries

        return [entry.to_json() for entry in entries(self._reader)]

    @property
    def summary(self) -> RunSummary:
        """The run in one document, as ``planfit run --json`` prints it."""
        from planfit.trace.summary import summarise

        return summarise(self._reader)

    def why(self, what: str) -> Any:
        """Return the decisions about a column, an operation, a model or a stage."""
        from planfit.trace.answers import why

        return why(self._reader, what)

    def why_not(self, family: str) -> Any:
        """Return why a model family was not delivered."""
        from planfit.trace.answers import why_not

        if family != "ensemble" and family not in {row["family"] for row in self.leaderboard_rows}:
            _known_family(family)
        return why_not(self._reader, family)

    def tried(self, parameter: str | None = None) -> Any:
        """Return every candidate with its parameters, score and seconds."""
        from planfit.trace.answers import tried

        return tried(self._reader, parameter)

    def __repr__(self) -> str:
        summary = self.summary
        score = summary.holdout or summary.cv or {}
        figure = f", {summary.metric} {score['value'] if 'value' in score else score.get('score'):.4g}" if score else ""
        return f"<Run {self.id}: {summary.status}, target {summary.target!r}{figure}>"


def _sentence(task: str) -> str:
    text = " ".join(task.split()) if isinstance(task, str) else ""
    if not text:
        raise UsageError(
            "The task description is empty.", hint='Say in a sentence what to predict, e.g. "Predict customer churn".'
        )
    return text


def _absolute(data: Any) -> str | None:
    return str(Path(data).expanduser().absolute()) if isinstance(data, str | Path) else None


def _name(name: Any, what: str) -> Any:
    """Return a column's name as tables have it: text, without blanks around it."""
    if name is None:
        return None
    if not isinstance(name, str | int | float) or not str(name).strip():
        raise UsageError(f"The {what} must be the name of a column. Got {name!r}.", hint="Write it as the table does.")
    return str(name).strip()


def _names(names: Any, what: str) -> tuple[str, ...]:
    if isinstance(names, str):
        return (names.strip(),) if names.strip() else ()
    try:
        return tuple(str(name).strip() for name in names or ())
    except TypeError:
        raise UsageError(
            f"The {what} must be a list of names. Got {names!r}.", hint='For example ["a", "b"].'
        ) from None


def _label(label: Any) -> str:
    """Return the text of a label: 1.0 is ``1``, True is ``true``."""
    if isinstance(label, bool):
        return "true" if label else "false"
    return str(int(label)) if isinstance(label, float) and label.is_integer() else str(label)


def _one_of(value: Any, allowed: tuple[str, ...], what: str) -> Any:
    if value is not None and value not in allowed:
        raise UsageError(f"There is no {what} {value!r}.", hint=f"Choose from {', '.join(allowed)}.")
    return value


def _metric(metric: str | None, task_type: Any) -> str | None:
    if metric is None:
        return None
    from planfit.models.metrics import find_metric

    return find_metric(metric, task_type).name


def _split(split: str | None) -> str | None:
    if split is None:
        return None
    kind, colon, column = (part.strip() for part in str(split).partition(":"))
    if kind not in ("random", "stratified", "time", "group"):
        raise UsageError(f"There is no split {split!r}.", hint="Write random, stratified, time:COLUMN or group:COLUMN.")
    if kind in ("time", "group") and not column:
        raise UsageError(f"A {kind} split needs its column.", hint=f"Write {kind}:COLUMN.")
    if kind in ("random", "stratified") and column:
        raise UsageError(f"A {kind} split looks at no column. Got {split!r}.", hint=f"Write {kind}, or group:{column}.")
    return kind + colon + column


def _planner_name(planner: Any) -> str:
    name = planner if isinstance(planner, str) else getattr(planner, "name", None)
    if not isinstance(name, str):
        raise UsageError(
            f"The planner must be a name or a planner. Got {planner!r}.", hint='The one that works offline is "expert".'
        )
    return name


def _whole(number: Any, least: int, what: str, hint: str) -> int:
    if isinstance(number, bool) or not hasattr(number, "__index__") or not least <= int(number) < 2**63:
        raise UsageError(f"The {what} must be a whole number of at least {least}. Got {number!r}.", hint=hint)
    return int(number)


def _holdout(holdout: str | float | Path) -> str:
    if isinstance(holdout, str) and holdout in ("auto", "none"):
        return holdout
    try:
        share = float(holdout)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        path = Path(holdout).expanduser().absolute() if isinstance(holdout, str | Path) else None
        if path is None or not path.is_file():
            raise UsageError(
                f"The holdout {str(holdout)!r} is neither auto, none, a share nor a file.",
                hint="Give a share such as 0.2, or the path of a table.",
            ) from None
        return str(path)
    if not 0.0 < share < 0.9:
        raise UsageError(
            f"The holdout share must be between 0 and 0.9. Got {share:g}.", hint="For example --holdout 0.2."
        )
    return f"{share:g}"


def _limits(
    time_limit: float | str | None, memory_limit: int | str | None, candidates: int | None, patience: int
) -> Limits:
    seconds = None if time_limit is None else seconds_of(time_limit)
    if seconds is None and candidates is None:
        seconds = settings.TIME_LIMIT
    if seconds is not None and seconds < settings.SHORTEST_TIME_LIMIT:
        raise UsageError(
            f"The time limit must be at least {settings.SHORTEST_TIME_LIMIT:g} seconds. Got {seconds:g}.",
            hint="Give 30s or more for a useful search.",
        )
    if candidates is not None:
        candidates = _whole(candidates, 1, "number of candidates", "For example 20.")
    patience = _whole(patience, 1, "patience", f"The default is {settings.PATIENCE}.")
    memory = _free_memory() if memory_limit is None else bytes_of(memory_limit)
    return Limits(seconds=seconds, candidates=candidates, patience=patience, memory=memory)


def _free_memory() -> int:
    import psutil

    return int(settings.MEMORY_SHARE * psutil.virtual_memory().available)


def _cores() -> int:
    import os

    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _families(models: Sequence[str]) -> tuple[str, ...]:
    if not models:
        return ()
    for name in models:
        family = _known_family(name)
        if not family.installed:
            raise UsageError(
                f"The model family {name!r} needs {family.module}, which is not installed.",
                hint=f"Install it with `pip install 'planfit[{family.extra}]'`.",
            )
    return tuple(models)


def _known_family(name: str) -> Any:
    from difflib import get_close_matches

    from planfit.models.registry import families

    known = families()
    if name not in known:
        near = get_close_matches(name, known, 1)
        raise UsageError(
            f"There is no model family {name!r}.",
            hint=f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(known)}.",
        )
    return known[name]


def _plan_text(plan: str | Path | Mapping[str, Any]) -> str:
    import json

    if isinstance(plan, Mapping):
        return json.dumps(plan)
    if isinstance(plan, str) and plan.lstrip().startswith(("{", "[")):
        return plan
    if not isinstance(plan, str | Path):
        raise UsageError(f"A plan cannot be read from {type(plan).__name__}.", hint="Give a JSON file or a dict.")
    path = Path(plan).expanduser()
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(
            f"The plan {str(plan)!r} cannot be read: {error.strerror or error}.", hint="Name a JSON file."
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"The plan {str(plan)!r} is not UTF-8 text.", hint="Name a JSON file.") from error


def _own_plan(features: str | Path | Mapping[str, Any] | None) -> dict[str, Any] | None:
    if features is None:
        return None
    from planfit.plans import parse

    plan, findings = parse("FeaturePlan", _plan_text(features))
    if plan is None:
        raise UsageError(
            "The feature plan is not valid: " + " ".join(finding.sentence() for finding in findings),
            hint="`planfit check PLAN DATA` judges a plan without training.",
        )
    document: dict[str, Any] = plan.to_json()
    return document


def catalogue(what: Literal["operations", "models"]) -> list[dict[str, object]]:
    """Return the catalogue of operations or model families as rows, for people."""
    import planfit.plans.catalogue as rows

    return rows.operation_rows() if what == "operations" else rows.family_rows()


def json_schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema of a plan kind, or of ``trace``."""
    if kind == "trace":
        from planfit.trace.decisions import json_schema as trace_schema

        return trace_schema()
    from planfit import plans

    return plans.json_schema(kind)  # type: ignore[arg-type]
