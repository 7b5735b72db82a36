"""Tables that nothing can be made of: exit code 2, one sentence, a hint, and nothing of the run is left."""

from __future__ import annotations

import gzip
import io
import os
import random
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

Make = Callable[[Path], "Path | str"]


def rows(count: int = 60, target: Callable[[int], object] = lambda i: i * 7 % 3 % 2) -> str:
    """Return a table of three columns whose target is `target` of the row's number."""
    lines = [f"{i * i % 17},{'uvw'[i * 5 % 7 % 3]},{target(i)}" for i in range(count)]
    return "a,b,y\n" + "\n".join(lines) + "\n"


def file(content: str | bytes, name: str = "t.csv") -> Make:
    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return make


def parquet() -> bytes:
    memory = io.BytesIO()
    pd.read_csv(io.StringIO(rows(400))).to_parquet(memory)
    return memory.getvalue()


def excel_like() -> bytes:
    """Return what begins like a workbook and is none."""
    return b"PK\x03\x04\x14\x00\x06\x00" + b"junk" * 50


def empty_folder(folder: Path) -> Path:
    (folder / "tables").mkdir()
    (folder / "tables" / "README.txt").write_text("There is no table here.\n")
    return folder / "tables"


def forbidden(folder: Path) -> Path:
    path = file(rows())(folder)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("an administrator may read everything")
    return path


def one_line(size: int) -> Make:
    """Return a file of `size` bytes without a line break; it takes no room on the disk."""

    def make(folder: Path) -> Path:
        path = folder / "t.csv"
        with path.open("wb") as out:
            out.write(b"a,b,y,")
            out.truncate(size)
        return path

    return make


def long_text_line(size: int) -> Make:
    def make(folder: Path) -> Path:
        path = folder / "t.csv"
        block = b"abcdefgh," * (1 << 17)
        with path.open("wb") as out:
            for _ in range(size // len(block) + 1):
                out.write(block)
        return path

    return make


def gzip_bomb(size: int) -> Make:
    """Return a small file that unpacks to `size` bytes of one cell."""

    def make(folder: Path) -> Path:
        path = folder / "t.csv.gz"
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        block = b"1" * (1 << 20)
        with path.open("wb") as out:
            out.write(packer.compress(b"a,b,y\n"))
            for _ in range(size >> 20):
                out.write(packer.compress(block))
            out.write(packer.flush())
        return path

    return make


class Case(NamedTuple):
    make: Make
    words: tuple[str, ...]
    """What the sentence and its hint must say; each as a whole."""
    options: Sequence[str] = ("--target", "y")


NOISE = random.Random(0).randbytes(5_000)
WORDS = ("slow", "late", "kind", "broken", "cheap", "again", "never", "thanks", "refund", "crew")


def remark(i: int) -> str:
    return " ".join(WORDS[(i * k + k) % 10] for k in (1, 3, 7, 9)) + f" {i * 31 % 97}"


FILES: dict[str, Case] = {
    "a missing file": Case(lambda folder: folder / "none.csv", ("none.csv",)),
    "a misspelt file": Case(lambda folder: file(rows(), "churn.csv")(folder).with_name("chrun.csv"), ("churn.csv",)),
    "a folder without tables": Case(empty_folder, ("tables", "folder")),
    "no permission": Case(forbidden, ("t.csv",)),
    "an empty file": Case(file(b""), ("t.csv is empty",)),
    "a blank file": Case(file(b"\n \n\n"), ("t.csv is empty",)),
    "a header alone": Case(file("a,b,y\n"), ("t.csv", "rows")),
    "binary garbage": Case(file(NOISE), ("t.csv",)),
    "NUL bytes alone": Case(file(b"\x00" * 5_000), ("t.csv",)),
    "a truncated gzip": Case(file(gzip.compress(rows(400).encode())[:-60], "t.csv.gz"), ("t.csv.gz",)),
    "a gzip of five bytes": Case(file(gzip.compress(rows(400).encode())[:5], "t.csv.gz"), ("t.csv.gz",)),
    "a truncated Parquet": Case(lambda folder: file(parquet()[:-200], "t.parquet")(folder), ("t.parquet", "Parquet")),
    "a Parquet of junk": Case(file(b"PAR1" + NOISE[:400], "t.parquet"), ("t.parquet", "Parquet")),
    "a broken workbook": Case(file(excel_like(), "t.xlsx"), ("t.xlsx",)),
    "broken JSON lines": Case(file("{\n]", "t.jsonl"), ("t.jsonl",)),
    "ragged lines everywhere": Case(file("a,b,y\n" + "1,2,0\n1,2\n1,2,3,4,5\n" * 30), ("t.csv", "line ")),
}

TABLES: dict[str, Case] = {
    "one row": Case(file("a,b,y\n1,2,0\n"), ("t.csv has 1 row, too few to learn from.", "At least 20 are needed")),
    "nineteen rows": Case(file(rows(19)), ("t.csv has 19 rows, too few",)),
    "too few rows with a target": Case(
        file(rows(200, lambda i: i % 2 if i < 12 else "")), ("Only 12 rows of 200 in t.csv have a value of 'y'",)
    ),
    "only one column": Case(file("y\n" + "1\n0\n" * 50), ("t.csv has a single column, 'y'",)),
    "a target without values": Case(file(rows(60, lambda i: "")), ("The target 'y' has no values", "--target")),
    "a target of markers": Case(file(rows(60, lambda i: "n/a")), ("The target 'y' has no values",)),
    "a constant target": Case(file(rows(60, lambda i: "same")), ("'y' has one value, 'same', in every row",)),
    "a constant number": Case(file(rows(60, lambda i: 7)), ("'y' has one value",)),
    "one value or nothing": Case(
        file(rows(60, lambda i: "won" if i % 3 == 0 else "")),
        ("'y' has one value, 'won', in the 20 rows that are not empty", "Where an empty cell means no"),
    ),
    "a class with one example of two": Case(
        file(rows(60, lambda i: "rare" if i == 9 else "usual")), ("The class 'rare' of 'y' has 1 row of 60", "merge")
    ),
    "a class with one example of three": Case(
        file(rows(60, lambda i: "rare" if i == 9 else "xz"[i % 2])), ("The class 'rare' of 'y' has 1 row of 60",)
    ),
    "several classes with one example": Case(
        file(rows(60, lambda i: f"k{i}" if i < 3 else "xz"[i % 2])),
        ("3 classes of 'y' have 1 row each of 60 ('k0', 'k1', 'k2')",),
    ),
    "a lone code where a number could be meant": Case(
        file(rows(60, lambda i: 9 if i == 5 else i % 3)), ("The class '9' of 'y'", "--task-type regression"),
        ("--target", "y", "--task-type", "multiclass"),
    ),
    "a target of free text": Case(
        file(rows(60, remark)), ("The target 'y' is free text", "a few classes"),
    ),
    "a target that is an identifier": Case(
        file(rows(60, lambda i: f"KX-{i:05d}")), ("The target 'y' is an identifier", "--target"),
    ),
    "a target that counts the rows": Case(
        file(rows(60, lambda i: i + 1)), ("The target 'y' is an identifier", "--task-type regression")
    ),
    "a target that is a date": Case(
        file(rows(60, lambda i: f"2021-{1 + i % 12:02d}-{1 + i % 28:02d}")), ("The target 'y' holds dates", "number")
    ),
    "an unknown target": Case(
        file(rows()), ("has no column 'bb' (--target)", "Did you mean 'b'?"), ("--target", "bb")
    ),
    "a target in other letters": Case(file(rows()), ("Did you mean 'y'?",), ("--target", "Y")),
    "nothing beside the target": Case(
        file("a,b,y\n" + ",x,1\n,x,0\n" * 20), ("there is nothing to learn from",)
    ),
    "nothing but blanks": Case(file("a,b,y\n" + ",,\n" * 30), ("y",)),
}  # fmt: skip


@pytest.mark.parametrize("name", [*FILES, *TABLES])
def test_it_is_refused_and_leaves_nothing(planfit_: Any, tmp_path: Path, name: str) -> None:
    case = {**FILES, **TABLES}[name]
    path = case.make(tmp_path)
    given = ("--max-candidates", 1, "-q", "--json", "--store", "runs", *case.options)
    planfit_("run", path, "Predict y", *given).refuses(2, *case.words)
    nothing_half_written(tmp_path / "runs")


@pytest.mark.parametrize("name", [name for name in TABLES if TABLES[name].options == ("--target", "y")])
def test_the_sentence_alone_never_leads_past_it(planfit_: Any, tmp_path: Path, name: str) -> None:
    """Where the target comes from the sentence, such a column is refused or asked about; it is never learned."""
    path = TABLES[name].make(tmp_path)
    done = planfit_("run", path, "Predict y", "--max-candidates", 1, "-q", "--store", "runs")
    assert done.code in (2, 3), done
    assert "Traceback" not in done.err
    assert done.err.startswith("error: ")
    assert "hint: " in done.err


@pytest.mark.parametrize("name", ["an empty file", "a truncated gzip", "a class with one example of two"])
def test_the_real_command_says_it_too(cli: Any, tmp_path: Path, name: str) -> None:
    case = {**FILES, **TABLES}[name]
    done = cli("run", case.make(tmp_path), "Predict y", *case.options, cwd=tmp_path)
    lines = done.stderr.strip().splitlines()
    assert (done.returncode, done.stdout) == (2, "")
    assert [line.partition(":")[0] for line in lines[-2:]] == ["error", "hint"]
    assert "Traceback" not in done.stderr
    nothing_half_written(tmp_path / "artifacts")


HUGE = {
    "1 GB of NUL on one line": one_line(1 << 30),
    "a gzip bomb of 3 GB": gzip_bomb(3 << 30),
    "300 MB of text on one line": long_text_line(300 << 20),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HUGE)
def test_what_is_huge_is_refused_in_a_bounded_memory(cli: Any, tmp_path: Path, name: str) -> None:
    import resource

    most = 6 << 30
    path = HUGE[name](tmp_path)
    done = cli(
        "run", path, "Predict y", "--target", "y", "--store", tmp_path / "runs", "-q",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (most, most)),
    )  # fmt: skip
    path.unlink()
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("error: ")
    assert "hint: " in done.stderr
    nothing_half_written(tmp_path / "runs")


def nothing_half_written(store: Path) -> None:
    """Say that a store holds no run, none that was about to begin, and no file that is not whole."""
    left = [path for path in store.rglob("*") if path.is_file()]
    assert not list(store.glob("*run_*"))
    assert not [path for path in left if path.parent.name not in ("objects", "steps") or path.name.endswith(".tmp")]
