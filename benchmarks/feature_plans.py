"""Say what the expert's feature plan is worth: the same families on the same folds with it and without, paired by fold.

    python benchmarks/feature_plans.py --data FOLDER [--rows 20000] [--families lightgbm,linear] [--only a,b] [--steps] [--json FILE]

Folders are as for ``quick.py``. Each table goes through the real stages up to the feature plan (profile, task, split, discovery,
the expert's answer, all four gates); then each family is fitted on five folds of the training rows: on the raw columns, for which it
makes what it needs by itself, and on what the plan leaves. ``gain`` is the mean over folds of what the plan changes, positive where it
is better, with its 95 % interval (Student's, from the corrected standard error of Nadeau and Bengio): won or lost where the interval
leaves zero out. ``probe`` is what a run makes of the same plan: it adopts the better, and rolls the worse back. ``--steps``
judges each step of the plan alone as well.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from comparing.judging import Table, loader, names_in, table
from scipy import stats

import planfit
from planfit.agent import loop
from planfit.agent.moves import agree_on_features
from planfit.agent.search import Search
from planfit.agent.session import Session
from planfit.agent.stages import features
from planfit.agent.stages.discovery import Discovery
from planfit.errors import PlanfitError
from planfit.records.jobs import FitJob
from planfit.records.scores import Allotment, CandidateSpec
from planfit.runtime.deadline import SoftDeadline
from planfit.runtime.evaluate import corrected_se
from planfit.runtime.jobs import fit

RAW: dict[str, Any] = {"transformations": []}
FOLDS = 5
RATE = 0.1
Plans = dict[str, dict[str, Any]]
"""By name; what is in question beside the raw columns."""


class Seen(PlanfitError):
    """All that was wanted of a run has been seen."""


@dataclass(frozen=True)
class Row:
    """One family on one plan of one table."""

    table: str
    metric: str
    family: str
    plan: str
    steps: tuple[str, ...]
    without: float
    with_it: float
    gains: tuple[float, ...]
    """By fold."""
    probe: str
    seconds: float

    @property
    def gain(self) -> float:
        return float(np.mean(self.gains))

    @property
    def reach(self) -> float:
        """Half of the interval."""
        error = corrected_se(self.gains) or 0.0
        return float(stats.t.ppf(0.975, len(self.gains) - 1)) * error

    @property
    def verdict(self) -> str:
        if not self.steps:
            return "no steps"
        return "won" if self.gain > self.reach else "lost" if self.gain < -self.reach else "no difference"


def main() -> int:
    """Run and print a line for each table and family."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--rows", type=int, default=20_000, metavar="MOST", help="training rows of a table")
    parser.add_argument("--families", default="lightgbm,linear", metavar="A,B")
    parser.add_argument("--only", default="", metavar="A,B")
    parser.add_argument(
        "--allowed", action="store_true", help="the run may use these families alone, and plans for them"
    )
    parser.add_argument("--steps", action="store_true", help="judge each step of the plan alone as well")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what each fold gave")
    given = parser.parse_args()
    load, rows = loader(given.data), []
    print("| table | metric | family | plan | steps | without | with | gain | 95 % | verdict | probe | seconds |")
    print("| --- | --- | --- | --- | --- | ---: | ---: | ---: | ---: | --- | --- | ---: |")
    for name in [name for name in given.only.split(",") if name] or names_in(given.data):
        one = table(name, load, given.data)
        families = given.families.split(",")
        more = each_step if given.steps else nothing_more
        for row in judged(one, families, given.rows, more, allowed=families if given.allowed else None):
            rows.append(row)
            print(line(row), flush=True)
    for family, counts in verdicts(rows):
        print(f"\n{family}: {', '.join(f'{count} {word}' for word, count in counts.items())}")
    if given.json:
        given.json.write_text(json.dumps([asdict(row) for row in rows], indent=2))
    return 0


def nothing_more(search: Search, plan: dict[str, Any]) -> Plans:
    """Judge the expert's plan and nothing else."""
    return {}


def each_step(search: Search, plan: dict[str, Any]) -> Plans:
    """Return the steps of a plan one by one; what stands on an earlier step is left to the whole."""
    known = {column.name for column in search.raw_columns}
    alone = {}
    for place, step in enumerate(plan["transformations"], 1):
        if set(step.get("columns") or [step.get("column")]) <= known:
            alone[f"step {place}"] = {"transformations": [step]}
    return alone


def judged(
    one: Table,
    families: list[str],
    rows: int,
    more: Callable[[Search, dict[str, Any]], Plans],
    *,
    allowed: list[str] | None = None,
) -> list[Row]:
    """Return what each family gains by the expert's plan, and by further plans that `more` makes of it."""
    found: list[Row] = []
    train = one.train.sample(rows, random_state=0).sort_index() if len(one.train) > rows else one.train

    def look(session: Session, search: Search) -> Any:
        search.screened = Discovery(session, search).found()
        agreed = agree_on_features(session, search)
        features.adopt(session, search, agreed)
        probe = search.probes[-1].verdict if search.probes else "-"
        document = agreed.plan.to_json()
        plans = {"expert": document, **more(search, document)}
        for family in families:
            without = scores(session, family, RAW)
            for name, plan in plans.items():
                begun = time.monotonic()
                with_it = scores(session, family, plan) if plan["transformations"] else without
                sign = 1.0 if search.task.greater_is_better else -1.0
                gains = tuple((sign * (with_it - without)).tolist())
                steps = tuple(step["operation"] for step in plan["transformations"])
                means = float(without.mean()), float(with_it.mean())
                told = probe if name == "expert" else "-"
                seconds = round(time.monotonic() - begun, 1)
                found.append(Row(one.name, search.task.metric, family, name, steps, *means, gains, told, seconds))
        raise Seen("seen")

    with tempfile.TemporaryDirectory() as store, exploring(look), suppress(Seen):
        planfit.run(
            train, one.task.sentence, target=one.task.target, task_type=one.task.task_type, metric=one.metric.name,
            positive_class=one.task.positive_class, holdout="none", store=store,
            models=allowed or (),
        )  # fmt: skip
    return found


@contextmanager
def exploring(look: Callable[[Session, Search], Any]) -> Iterator[None]:
    """Let runs do something else than search, once their table, task and split are settled."""
    before = loop.explore
    loop.explore = look
    try:
        yield
    finally:
        loop.explore = before


def scores(session: Session, family: str, plan: dict[str, Any]) -> np.ndarray:
    """Return the metric of a family on each fold, on what a plan leaves."""
    material = session.settled
    defaults = session_defaults(session, family)
    spec = CandidateSpec(id="c000", family=family, params=defaults, features="v1", origin="plan")
    allotment = Allotment(folds=min(FOLDS, material.n_folds), learning_rate=RATE, threads=1)
    job = FitJob(material=material, spec=spec, features=plan, allotment=allotment, keep_models=False)
    with tempfile.TemporaryDirectory() as folder:
        done = fit.run(job, Path(folder), SoftDeadline(None))
    return np.asarray(done["score"].per_fold)


def session_defaults(session: Session, family: str) -> dict[str, Any]:
    """Return a family's defaults for the table, of the raw columns whatever the plan adds."""
    from planfit.models.registry import family_named

    material = session.settled
    known = family_named(family)
    params = known.defaults(material.door_schema.rows or 0, len(material.door_schema.columns), material.task)
    document: dict[str, Any] = params.model_dump(mode="json", exclude_none=True)
    return document


def line(row: Row) -> str:
    """Return a row of the table."""
    counts = Counter(row.steps)
    steps = ", ".join(name if count == 1 else f"{count} {name}" for name, count in counts.items()) or "none"
    figures = f"{row.without:.5g} | {row.with_it:.5g} | {row.gain:+.3g} | ±{row.reach:.2g}"
    return f"| {row.table} | {row.metric} | {row.family} | {row.plan} | {steps} | {figures} | {row.verdict} | {row.probe} | {row.seconds} |"


def verdicts(rows: list[Row]) -> Iterator[tuple[str, Counter[str]]]:
    """Count the verdicts on the expert's plans, family by family."""
    for family in dict.fromkeys(row.family for row in rows):
        yield family, Counter(row.verdict for row in rows if row.family == family and row.plan == "expert")


if __name__ == "__main__":
    sys.exit(main())
