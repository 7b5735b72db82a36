"""Tables with something wrong that can be mended: it is said, the run ends well, and the model predicts."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

import planfit

ROWS = 90


def cells(i: int) -> list[str]:
    chance = random.Random(i)
    a, b = chance.randint(0, 50), chance.choice("uvw")
    return [str(a), b, f"{chance.random():.3f}", "yes" if a + chance.randint(0, 20) > 35 else "no"]


def lines(change: Callable[[int, list[str]], list[str]] = lambda i, row: row, header: str = "a,b,c,y") -> list[str]:
    return [header, *(",".join(change(i, cells(i))) for i in range(ROWS))]


def text(rows: list[str]) -> bytes:
    return ("\n".join(rows) + "\n").encode()


def put(place: int, value: str, at: Callable[[int], bool]) -> bytes:
    """Return the table with `value` in a column where `at` says so."""
    return text(lines(lambda i, row: [*row[:place], value, *row[place + 1 :]] if at(i) else row))


def mixed_encoding() -> bytes:
    latin = [line.replace(",u,", ",zürich,").encode("utf-8" if i % 2 else "latin-1") for i, line in enumerate(lines())]
    return b"\n".join(latin) + b"\n"


def ragged(bad: int, rows: int) -> bytes:
    """Return `rows` rows of which `bad` have a cell too many."""
    made = [",".join([*cells(i), *(["extra"] if i % (rows // bad) == 7 else [])]) for i in range(rows)]
    return text(["a,b,c,y", *made])


def wide(columns: int) -> bytes:
    head = [f"n{i}" for i in range(columns)]
    body = [",".join([*(str((i * 31 + k * 17) % 97) for k in range(columns)), cells(i)[3]]) for i in range(ROWS)]
    return text([",".join([*head, "y"]), *body])


class Case(NamedTuple):
    content: Callable[[], bytes]
    said: tuple[str, ...]
    """What one of the warnings of the run must say, in any letters."""
    slow: bool = True


CASES: dict[str, Case] = {
    "duplicate and empty names": Case(lambda: text(lines(header="a, a ,,y")), ("a_2",), slow=False),
    "a name as long as a page": Case(lambda: text(lines(header=f"a,b,{'c' * 900},y")), ("c" * 100,)),
    "Latin-1": Case(
        lambda: text(lines()).replace(b",u,", ",zürich,".encode("latin-1")), ("cp1252|latin|windows|utf-8",)
    ),
    "mixed encoding": Case(mixed_encoding, ("utf-8|encod",)),
    "UTF-16": Case(lambda: text(lines()).decode().encode("utf-16"), ()),
    "a few ragged lines": Case(lambda: ragged(2, 400), ("2 lines|2 rows|lines 9", "left out|dropped|skipped"), slow=False),
    "infinite values": Case(lambda: put(2, "inf", lambda i: i % 9 == 0), ("infinit",)),
    "numbers beyond measure": Case(lambda: put(2, "1e400", lambda i: i % 9 == 0), ("infinit|large|missing",)),
    "NUL bytes": Case(lambda: put(1, "u\x00", lambda i: i % 11 == 0), ("nul",)),
    "a cell of a megabyte": Case(lambda: put(1, "x" * (1 << 20), lambda i: i == 5), ()),
    "unbalanced quotes": Case(lambda: put(1, 'u"', lambda i: i % 30 == 4), ()),
    "mixed types in a column": Case(lambda: put(0, "unknown", lambda i: i % 10 == 3), ()),
    "a target with missing rows": Case(lambda: put(3, "", lambda i: i < 13), ("13 of 90",), slow=False),
    "20,000 columns": Case(lambda: wide(20_000), ("columns",)),
}  # fmt: skip


def cases() -> list[Any]:
    return [pytest.param(name, marks=[pytest.mark.slow] if case.slow else []) for name, case in CASES.items()]


@pytest.mark.parametrize("name", cases())
def test_it_is_said_and_the_model_predicts(planfit_: Any, tmp_path: Path, name: str) -> None:
    import re

    case = CASES[name]
    (tmp_path / "t.csv").write_bytes(case.content())
    done = planfit_("run", "t.csv", "Predict y", "--target", "y", "--max-candidates", 1, "--models", "linear", "--store", "runs", "--json")  # fmt: skip
    assert done.code == 0, done.err
    assert "Traceback" not in done.err
    run = planfit.open_run(store="runs")
    warnings = "\n".join(run.summary.warnings)
    for words in case.said:
        assert re.search(words, warnings, re.IGNORECASE), warnings
        assert re.search(words, done.err, re.IGNORECASE), "it is not said while the run goes on"
        assert re.search(words, run.report, re.IGNORECASE), "it is not in the report"
    predicted = planfit_("predict", "latest", "t.csv", "--store", "runs")
    assert predicted.code == 0, predicted.err
    values = pd.read_csv(io.StringIO(predicted.out)).iloc[:, 0]
    assert set(values) <= {"yes", "no"}
    assert len(values) >= ROWS
