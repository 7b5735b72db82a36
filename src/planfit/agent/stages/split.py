"""Dividing the rows, and laying out the files that jobs read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from planfit.agent.session import Session
from planfit.agent.stages.weights import read_weights
from planfit.data import target as targets
from planfit.data.door import Door
from planfit.data.readers import Table
from planfit.data.split import folds_for, make_split
from planfit.data.target_profile import profile_target
from planfit.planners.expert.hindsight import known_afterwards
from planfit.records.canonical import canonical_json, seed_of
from planfit.records.events import WarningRaised
from planfit.records.findings import Finding
from planfit.records.jobs import Material
from planfit.records.profile import Profile, TargetProfile
from planfit.records.schema import Column, Schema
from planfit.records.task import SplitRecord, Task
from planfit.settings import HOLDOUT_FEWEST_ROWS

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


class Rows:
    """The rows with a known target, typed by the door; positions are those of the material's files."""

    def __init__(self, session: Session, table: Table, holdout_from: int | None, profile: Profile, task: Task) -> None:
        present = targets.present_rows(table, task.target)
        lost = int((~present).sum())
        if lost:
            finding = Finding(
                code="target-missing",
                gate="dataset",
                severity="warning",
                message=f"Rows without a value of {task.target!r} are left out: {lost:,} of {len(present):,}.",
                columns=(task.target,),
            )
            key = session.key("warning", 1, finding)
            session.run.once(WarningRaised(key=key, stage="split", finding=finding))
        self.table = table.take(present)
        self.y = targets.labels(self.table, task)
        self.from_file: np.ndarray | None = None
        if holdout_from is not None:
            import numpy as np

            self.from_file = (np.arange(len(present)) >= holdout_from)[present]
        self.profile = profile

        self._typed: pd.DataFrame | None = None
        self._typed_columns: dict[str, Column] = {}

    def typed(self, schema: Schema) -> pd.DataFrame:
        """Return the rows as they leave the door; columns that went through it before are found again."""
        known = {column.name: column.having(sources=()) for column in schema.columns}
        before = self._typed
        if before is None or schema.carried or any(self._typed_columns.get(name) != known[name] for name in known):
            before = Door(schema).fit_transform(self.table.frame)
            self._typed, self._typed_columns = before, known
        names = [*schema.names, *schema.carried]
        return before if names == list(before.columns) else before[names]


def split_rows(session: Session, rows: Rows, task: Task) -> tuple[SplitRecord, np.ndarray, str]:
    """Make the split, or find it in the record; return it with the assignment of rows and its key."""
    import numpy as np

    holdout = session.request.holdout
    if rows.from_file is not None:
        holdout = "file"
    elif holdout == "auto" and len(rows.y) < HOLDOUT_FEWEST_ROWS:
        holdout = "none"
        session.note(
            "split",
            f"A holdout of fewer than {HOLDOUT_FEWEST_ROWS} rows in all says nothing.",
            "no holdout",
            f"The table has {len(rows.y)} rows; all of them are used for cross-validation.",
            rows=len(rows.y),
        )
    n_folds = folds_for(len(rows.y))
    key = session.key(
        "split", 3, rows.table.ref.content_hash, task.target, task.task_type, task.split, task.weight, holdout, n_folds
    )

    def work(folder: Path) -> tuple[Any, dict[str, Path]]:
        schema = task.having(excluded=()).features_of(rows.profile)
        record, part = make_split(
            rows.typed(schema),
            rows.y,
            task,
            holdout=holdout,
            holdout_rows=rows.from_file,
            n_folds=n_folds,
            seed=seed_of(session.request.seed, "split"),
        )
        path = folder / "split.parquet"
        write_parts(part, path)
        return record, {"split.parquet": path}

    done = session.run.step(key, "split", "split", work)
    part = read_parts(session.run.path / "split.parquet")
    return SplitRecord.model_validate(done.result), np.asarray(part), key


def write_parts(part: np.ndarray, path: Path) -> None:
    """Write the assignment of rows to parts as Parquet."""
    import polars as pl

    pl.DataFrame({"part": part.astype("int16")}).write_parquet(path)


def read_parts(path: Path) -> np.ndarray:
    """Read the assignment of rows to parts."""
    import polars as pl

    return pl.read_parquet(path)["part"].to_numpy()


def look_at_target(session: Session, rows: Rows, task: Task, part: np.ndarray, split_key: str) -> TargetProfile:
    """Profile the target on training rows only."""
    key = session.key("target_profile", 2, split_key, task.excluded, task.weight)

    def work(_: Path) -> tuple[Any, dict[str, bytes]]:
        schema = task.features_of(rows.profile)
        made = profile_target(
            rows.typed(schema), rows.y, task, part, schema.columns, seed_of(session.request.seed, "target_profile")
        )
        named = known_afterwards(task.target, rows.profile, made, session.request.include)
        return made.having(leaks=(*made.leaks, *named)), {}

    done = session.run.step(key, "split", "target_profile", work)
    seen = TargetProfile.model_validate(done.result)
    kept = frozenset(session.request.include)
    for finding in (*seen.leaks, *seen.cautions):
        if not finding.refuses or kept.intersection(finding.columns):  # the others become exclusions
            key = session.key("warning", 1, finding)
            session.run.once(WarningRaised(key=key, stage="split", finding=finding))
    return seen


def lay_out(session: Session, rows: Rows, task: Task, part: np.ndarray, record: SplitRecord) -> Material:
    """Write the files that jobs read into the scratch folder, and the door's schema into the record."""
    import polars as pl
    import pyarrow as pa
    import pyarrow.feather as feather

    schema = task.features_of(rows.profile).having(rows=len(rows.y))
    typed = rows.typed(schema)
    frame, raw = session.scratch("frame.arrow"), session.scratch("raw.arrow")
    feather.write_feather(pa.Table.from_pandas(typed, preserve_index=False), str(frame), compression="uncompressed")
    names = [*schema.names, *schema.carried]
    feather.write_feather(rows.table.frame.select(names).to_arrow(), str(raw), compression="uncompressed")
    target, split = session.scratch("target.parquet"), session.scratch("split.parquet")
    pl.DataFrame({"target": pl.from_pandas(rows.y)}).write_parquet(target)
    write_parts(part, split)
    weights = read_weights(rows, task)
    weighed = None if weights is None else session.scratch("weights.parquet")
    if weighed is not None:
        pl.DataFrame({"weight": weights}).write_parquet(weighed)
    key = session.key("schema", 1, schema)
    session.run.step(key, "split", "schema", lambda _: (schema, {"schema.json": canonical_json(schema)}), shared=False)
    session.material = Material(
        frame=str(frame),
        target=str(target),
        split=str(split),
        raw=str(raw),
        weights=None if weighed is None else str(weighed),
        cache=str(session.scratch("cache")),
        task=task,
        door_schema=schema,
        seed=session.request.seed,
        n_folds=record.n_folds,
    )
    return session.material
