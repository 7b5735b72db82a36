"""What a worker process is asked to do. Inputs and outputs are files; nothing is pickled across."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from planfit.records.canonical import Record
from planfit.records.schema import Schema
from planfit.records.scores import Allotment, CandidateSpec, Cause, FoldClock
from planfit.records.task import Task, Threshold


class Material(Record):
    """The files that training jobs read, all below the run's scratch folder, and what they mean."""

    frame: str
    """Arrow IPC file of the table after the door: feature and carried columns, every row."""
    target: str
    """Parquet file with one column ``target`` in original labels, every row."""
    split: str
    """Parquet file with one column ``part``: -1 for the holdout, else the fold; -2: in every training part."""
    weights: str | None = None
    """Parquet file with one column ``weight``, about 1 on average, every row; None: each row counts the same."""
    raw: str
    """Arrow IPC file of the raw feature columns before the door, every row."""
    cache: str
    """Folder of the fold cache."""
    task: Task
    door_schema: Schema
    """Raw schema: the parameter of the pipeline's door."""
    seed: int
    n_folds: int


class FitJob(Record):
    """Fit and score one candidate on its folds."""

    job: Literal["fit"] = "fit"
    material: Material
    spec: CandidateSpec
    features: dict[str, Any]
    """The feature plan as a document, ``{"transformations": []}`` for raw columns."""
    allotment: Allotment
    keep_models: bool = True
    clock: tuple[FoldClock, ...] | None = None
    """What a clock decided in a recorded run: the folds that were run, and where a fit was cut. None: the deadline decides."""
    unfinished: str | None = None
    """Folder for folds that take long, so that they survive a crash; it bears the candidate's key."""


class FeaturesJob(Record):
    """Fit a feature plan on all training rows (gate 4), or on a nasty sample of them (gate 3)."""

    job: Literal["features"] = "features"
    material: Material
    features: dict[str, Any]
    sample_rows: int | None = None
    """None: all training rows."""
    table_format: Literal["parquet", "csv"] = "parquet"
    keep: bool = True
    """Write pipeline, transformed table and ledger (not for a sample)."""


class ScreenJob(Record):
    """Look for columns worth making, on the rows of two folds."""

    job: Literal["screen"] = "screen"
    material: Material
    folds: tuple[int, int]
    """One to fit on and one to stop early on, then the other way round."""
    rows: int
    """Of each fold at the most."""
    threads: int = 1
    clock: tuple[int | None] | None = None
    """The look at the clock at which time was up in a recorded run. None: the deadline decides."""


class EvaluateJob(Record):
    """Score the chosen model's fold average on the holdout, with a bootstrap interval; look at its predictions and columns."""

    job: Literal["evaluate"] = "evaluate"
    material: Material
    members: tuple[tuple[str, float, tuple[str, ...]], ...]
    """Candidate id, weight, absolute paths of its fold pipelines."""
    families: tuple[str, ...] = ()
    """Of the members."""
    on: Literal["holdout", "training"]
    """``training``: no holdout; importance alone, on out-of-fold rows."""
    importance: bool = True
    importance_seconds: float | None = None
    """From the start of the job; columns for which no time is left are missing."""
    first: tuple[str, ...] = ()
    """Columns that are measured before the others: those that tell most of the target by themselves."""
    threshold: Threshold | None = None
    """Binary tasks: probability from which a row counts as positive; None: the likelier class."""
    oof: str | None = None
    """Absolute path of the chosen candidate's out-of-fold predictions, for the look at where it fails."""
    threads: int = 1


class RefitJob(Record):
    """Fit one member on all rows, or all but the holdout's."""

    job: Literal["refit"] = "refit"
    material: Material
    spec: CandidateSpec
    features: dict[str, Any]
    allotment: Allotment
    rounds: int | None = None
    """Mean best rounds of the folds, scaled to the number of rows."""
    before_holdout: bool = False
    """All rows but the holdout's, so that the holdout can judge the model."""


class BundleJob(Record):
    """Put members together into the model that is delivered."""

    job: Literal["bundle"] = "bundle"
    material: Material
    members: tuple[tuple[str, float, tuple[str, ...]], ...]
    """Candidate id, weight, absolute paths of its pipelines (one after a refit, else one a fold)."""
    families: tuple[str, ...] = ()
    """Of the members."""
    threshold: Threshold | None = None


class LatencyJob(Record):
    """Measure how long one row takes a model that is put together from members."""

    job: Literal["latency"] = "latency"
    material: Material
    members: tuple[tuple[str, float, tuple[str, ...]], ...]
    families: tuple[str, ...] = ()
    """Of the members."""
    threads: int = 1


class PingJob(Record):
    """Answer, and nothing else."""

    job: Literal["ping"] = "ping"
    threads: int = 1


Job = Annotated[
    PingJob | FitJob | FeaturesJob | ScreenJob | EvaluateJob | RefitJob | BundleJob | LatencyJob,
    Field(discriminator="job"),
]


class JobDone(Record):
    """A job that wrote its result."""

    ticket: int
    result: dict[str, Any]
    folder: str
    """Absolute path of the job's scratch folder; `result` names files in it."""
    seconds: float
    peak_memory: int | None = None


class JobFailed(Record):
    """A job that did not."""

    ticket: int
    cause: Cause
    detail: str
    """One sentence; the end of a traceback for ``exception``."""
    seconds: float
    folder: str
    peak_memory: int | None = None
    findings: tuple[dict[str, Any], ...] = ()
    """Findings of a feature plan that broke on the data."""
