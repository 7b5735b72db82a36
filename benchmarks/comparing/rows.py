"""What is known of one system on one table, kept as JSON lines; ranks and regret are worked out from these alone."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

Key = tuple[str, str, float]


@dataclass(frozen=True)
class Row:
    """One system on one table under one time limit."""

    table: str
    system: str
    limit: float
    data: str
    """Digest of the table's files and of the script that divides them."""
    task_type: str
    metric: str
    greater_is_better: bool
    constant: float
    """Score of the constant predictor on the test rows."""
    score: float | None = None
    """Score on the test rows; None where the system failed."""
    failure: str = ""
    fit_seconds: float | None = None
    """From the call of the system's fit until it returned."""
    wall_seconds: float = 0.0
    """The whole process: imports, reading, fit, predictions."""
    memory: float = 0.0
    """Most memory of all its processes together, MiB."""
    one_row_ms: float | None = None
    batch_ms: float | None = None
    """For a frame of 1,000 rows."""
    versions: dict[str, str] = field(default_factory=dict)
    speed_failure: str = ""
    rows: int = 0
    test_rows: int = 0
    when: str = ""

    @property
    def key(self) -> Key:
        return self.table, self.system, self.limit

    @property
    def counted(self) -> float:
        """The score that counts: a system that failed counts as the constant predictor."""
        return self.constant if self.score is None else self.score

    @property
    def gain(self) -> float:
        """`counted`, with its sign such that greater is better."""
        return self.counted if self.greater_is_better else -self.counted


@dataclass(frozen=True)
class Standing:
    """A row among the rows of the other systems on the same table."""

    row: Row
    rank: float
    """1 is best; equal scores share the mean of their ranks."""
    regret: float
    """0 for the best system, 100 for the constant predictor; more for what is worse than it."""


@dataclass(frozen=True)
class Summary:
    """A system over all the tables on which every system has a row."""

    system: str
    tables: int
    mean_rank: float
    median_regret: float
    best: int
    """Tables on which no other system is better."""
    failures: int
    time_share: float | None
    """Median of seconds of the fit against the limit."""
    longest_share: float | None
    memory: float
    one_row_ms: float | None
    batch_ms: float | None


def read(path: Path) -> dict[Key, Row]:
    """Return the rows of a file by key; of rows for the same thing the last one counts."""
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = [Row(**json.loads(line)) for line in lines if line.strip()]
    return {row.key: row for row in rows}


def append(path: Path, row: Row) -> None:
    """Add a row to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(row), allow_nan=False) + "\n")


def standings(rows: Sequence[Row]) -> list[Standing]:
    """Rank the rows of one table under one limit, best first."""
    best = max(row.gain for row in rows)
    found = []
    for row in sorted(rows, key=lambda row: -row.gain):
        ahead = sum(other.gain > row.gain for other in rows)
        level = sum(other.gain == row.gain for other in rows)
        found.append(Standing(row, ahead + (level + 1) / 2, _regret(row, best)))
    return found


def _regret(row: Row, best: float) -> float:
    constant = row.constant if row.greater_is_better else -row.constant
    if best <= constant:  # no system learned anything here
        return 100.0
    return 100.0 * (best - row.gain) / (best - constant)


def by_table(rows: Iterable[Row]) -> dict[str, list[Standing]]:
    """Return the standings of each table, tables in order of their names."""
    tables: dict[str, list[Row]] = {}
    for row in rows:
        tables.setdefault(row.table, []).append(row)
    return {table: standings(tables[table]) for table in sorted(tables)}


def summaries(tables: dict[str, list[Standing]]) -> list[Summary]:
    """Summarise each system over the tables that all have in common, best mean rank first."""
    systems = sorted({standing.row.system for each in tables.values() for standing in each})
    common = [each for each in tables.values() if len(each) == len(systems)]
    found = []
    for system in systems:
        own = [standing for each in common for standing in each if standing.row.system == system]
        if own:
            found.append(_summary(system, own))
    return sorted(found, key=lambda summary: summary.mean_rank)


def _summary(system: str, own: Sequence[Standing]) -> Summary:
    rows = [standing.row for standing in own]
    shares = [row.fit_seconds / row.limit for row in rows if row.fit_seconds is not None]
    return Summary(
        system=system,
        tables=len(own),
        mean_rank=statistics.mean(standing.rank for standing in own),
        median_regret=statistics.median(standing.regret for standing in own),
        best=sum(standing.regret == 0 for standing in own),
        failures=sum(row.score is None for row in rows),
        time_share=_median(shares),
        longest_share=max(shares, default=None),
        memory=statistics.median(row.memory for row in rows),
        one_row_ms=_median([row.one_row_ms for row in rows]),
        batch_ms=_median([row.batch_ms for row in rows]),
    )


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None
