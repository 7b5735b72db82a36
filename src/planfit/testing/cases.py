"""An operation with the columns of a sample: what the contract looks at."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planfit.operations.base import Operation
from planfit.operations.step import PlanStep
from planfit.records.schema import Column
from planfit.testing.frames import Sample


@dataclass(frozen=True)
class Case:
    """An operation with parameters: what a check is about."""

    type: type[Operation]
    parameters: dict[str, Any]

    def inputs(self, sample: Sample) -> tuple[Column, ...]:
        """Return the columns of `sample` to work on: all that are accepted, as far as the number is."""
        columns = sample.of_kind(*self.type.accepts)
        if self.names_its_own:
            named = self.operation(columns).reads()
            return tuple(column for name in named for column in columns if column.name == name)
        assert columns, f"no column of {sample.frame.columns.tolist()} is of a kind in {self.type.accepts}"
        return columns[: self.type.most_columns]

    @property
    def names_its_own(self) -> bool:
        """Whether parameters name the columns."""
        return self.type.fewest_columns == 0

    def operation(self, columns: tuple[Column, ...], **shared: Any) -> Operation:
        """Return the operation on `columns`."""
        given = {**example_of(self.type, columns), **self.parameters}
        named = {} if self.names_its_own else {"columns": tuple(column.name for column in columns)}
        return self.type(**named, **given, **shared)

    def step(self, sample: Sample, **shared: Any) -> PlanStep:
        """Return an unfitted step."""
        inputs = self.inputs(sample)
        return PlanStep(self.operation(inputs, **shared), inputs, task=sample.task, seed=3, position=1)

    def fitted(self, sample: Sample, **shared: Any) -> PlanStep:
        return self.step(sample, **shared).fit(sample.train, sample.train_y)


def example_of(operation: type[Operation], columns: tuple[Column, ...]) -> dict[str, Any]:
    """Return an operation's example, for columns of a table: the last of each kind stands for it."""
    if operation.fewest_columns > 0:
        return dict(operation.example)
    names = {column.kind.value: quoted(column.name) for column in columns}
    return {
        name: value.format_map(names) if isinstance(value, str) else value for name, value in operation.example.items()
    }


def quoted(name: str) -> str:
    """Return a name as expressions write it.

    >>> quoted('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


RELOAD = """
import pickle, sys
from pandas.testing import assert_frame_equal
with open(sys.argv[1], "rb") as file:
    kept = pickle.load(file)
for name, blob, frame, expected in kept:
    made = pickle.loads(blob).transform(frame)
    try:
        assert_frame_equal(made, expected, check_exact=True)
    except AssertionError as error:
        print(name, str(error).splitlines()[0])
"""


def differ_after_reload(operations: Iterable[type[Operation]], sample: Sample, folder: Path) -> list[str]:
    """Return the operations whose fitted steps give something else when another process has loaded them.

    Parameters
    ----------
    operations : iterable of Operation subclasses
        All are loaded by one process.
    sample : Sample
    folder : Path
        An empty one.
    """
    kept = []
    for operation in operations:
        step = Case(operation, {}).fitted(sample)
        kept.append((operation.__name__, pickle.dumps(step), sample.test, step.transform(sample.test)))
    path = folder / "steps.pickle"
    path.write_bytes(pickle.dumps(kept))
    done = subprocess.run([sys.executable, "-c", RELOAD, str(path)], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()
