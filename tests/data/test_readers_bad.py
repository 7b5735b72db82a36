"""Text that is put right and said, and files that are refused with one sentence and a hint."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import os
import socket
import sqlite3
import tempfile
import tracemalloc
import zipfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_series_equal

from planfit.data.readers import read
from planfit.data.sources.growing import Growing
from planfit.data.sources.plain_types import plainly_typed
from planfit.errors import UsageError

ROWS = [f"{number},name {number},{number / 4}" for number in range(400)]
TEXT = "\n".join(["id,name,x", *ROWS]) + "\n"


def lines(*changed: tuple[int, str]) -> str:
    """Return the table with other lines in place of some; line 1 is the header."""
    every = TEXT.splitlines()
    for number, line in changed:
        every[number - 1] = line
    return "\n".join(every) + "\n"


def written(folder: Path, content: str | bytes, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def parquet() -> bytes:
    held = io.BytesIO()
    pl.DataFrame({"a": range(1000)}).write_parquet(held)
    return held.getvalue()


def zipped(*names: str, content: bytes = b"a,b\n1,2\n") -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name in names:
            archive.writestr(name, content)
    return held.getvalue()


@pytest.mark.parametrize(
    ("content", "code", "said", "rows"),
    [
        (lines((5, "1,2,3,4")), "ragged-lines", "1 line was dropped .* (line 5)", 399),
        (lines((5, "1,2")), "ragged-lines", "(line 5)", 399),
        (lines((7, "1,2"), (90, "1,2,3,4")), "ragged-lines", "2 lines were dropped .* on line 7, 90", 398),
        (lines((3, '1,"two\nlines",0.5'), (50, "1")), "ragged-lines", "(line 51)", 399),
        (lines((3, '1,"two\nlines",0.5'), (4, ""), (50, "1")), "ragged-lines", "(line 51)", 398),
        (lines((9, '8,"name 8,2')), "unbalanced-quotes", "do not pair up", 400),
        (lines((9, '8,"name 8,2'), (200, '9,"name,2')), "unbalanced-quotes", "do not pair up", 400),
        ("sep=;\n" + TEXT.replace(",", ";"), "lines-before-header", "'sep=;'", 400),
        ("# exported today\n# by me\n\n" + TEXT, "lines-before-header", "2 lines before", 400),
        ("Report of May\n\n" + TEXT, "lines-before-header", "One line before .* 'Report of May'", 400),
        (TEXT.replace("name 3,", "na\0me 3,"), "nul-bytes", "1 NUL bytes", 400),
        (
            lines((2, "1,größe,1"), (3, "1,ö,1")).encode() + "9,é,1\n".encode("cp1252"),
            "encoding", "two encodings: 1 bytes", 401,
        ),
        ("\n".join(["name,x", *(f"{number},{line}" for number, line in enumerate(["a,1"] * 50))]), "renamed-columns",
         "one field more", 50),
    ],
)  # fmt: skip
def test_what_is_put_right_is_said(tmp_path: Path, content: str | bytes, code: str, said: str, rows: int) -> None:
    table = read(written(tmp_path, content))
    assert [finding.code for finding in table.findings] == [code]
    pattern, message = said.replace("(", r"\(").replace(")", r"\)"), table.findings[0].message
    with pytest.raises(UsageError, match=pattern):
        raise UsageError(message)
    assert table.ref.rows == rows
    assert table.frame.dtypes[-1] in (pl.Float64, pl.Int64)


@pytest.mark.parametrize(
    ("content", "values"),
    [
        ('a,b\n1,5" pipe\n2,7" pipe\n', ['5" pipe', '7" pipe']),
        ('a,b\n1,"say \\"hi, you\\""\n2,x\n', ['say "hi, you"', "x"]),
        ("a,b\n1,'x, y'\n2,'z'\n", ["x, y", "z"]),
        ("a;b\n1,5;x\n2,5;y\n", ["x", "y"]),
        ("a b\n1 x\n2 y\n3 z\n4 v\n", ["x", "y", "z", "v"]),
        ("a,b\n1,x,\n2,y,\n3,z,\n", ["x", "y", "z"]),
        ("a,b,\n1,x\n2,y\n3,z\n", ["x", "y", "z"]),
        ("\n\na,b\n\n1,x\n\n\n2,y\n", ["x", "y"]),
        ("#a,b\n1,x\n2,y\n", ["x", "y"]),
        ("a,b\r\n1,x\r\n2,y", ["x", "y"]),
        ("b\nhello, world\nno comma here\n", ["hello, world", "no comma here"]),
        ('a,b\n1,"' + "x" * 1_200_000 + '"\n2,y\n', ["x" * 1_200_000, "y"]),
        ('a,b\n1,""\n2,y\n', [None, "y"]),
    ],
)
def test_dialects(tmp_path: Path, content: str, values: list[str | None]) -> None:
    assert read(written(tmp_path, content)).frame["b"].to_list() == values


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        ("\n".join(["a,b", *["1,2"] * 50, "1,2,3", *["1,2"] * 40]), "t.csv", "line 52 has 3 fields, the header has 2"),
        ("\n".join(["a,b", *["1,2"] * 50, "1", *["1,2"] * 40]), "t.csv", "line 52 has 1 field,"),
        ("a,b,c\n", "t.csv", "no rows"),
        ("a,b,c", "t.tsv", "no rows"),
        ("   \n\t\n", "t.txt", "is empty"),
        (b"\xef\xbb\xbf", "t.csv", "is empty"),
        (b"\xff\xfe", "t.csv", "is empty"),
        (b"\xff\xfea", "t.csv", "broken UTF-16"),
        (b"\x00\x01\x02\x03" * 100, "t.csv", "binary"),
        (b"%PDF-1.7 rest", "t.csv", "a PDF document"),
        (b"<!doctype html><p>", "t.csv", "a web page"),
        (gzip.compress(TEXT.encode())[:-20], "t.csv.gz", "ends early"),
        (gzip.compress(TEXT.encode())[:12], "t.csv", "ends early"),
        (bz2.compress(TEXT.encode())[:-20], "t.csv.bz2", "ends early"),
        (lzma.compress(TEXT.encode())[:-20], "t.csv.xz", "ends early"),
        (gzip.compress(b""), "t.csv.gz", "empty inside"),
        (TEXT, "t.csv.gz", "not compressed"),
        (parquet()[:-30], "t.parquet", "not a readable Parquet"),
        (b"PAR1" + b"x" * 40 + b"PAR1", "t.parquet", "not a readable Parquet"),
        (TEXT, "t.parquet", "not a readable Parquet"),
        (b"ARROW1\0\0 rest", "t.arrow", "not a readable Arrow"),
        (zipped("a.csv", "b.csv"), "t.zip", r"2 files: a\.csv, b\.csv"),
        (zipped("__MACOSX/a.csv", ".b"), "t.zip", "holds no table"),
        (zipped("a.csv")[:40], "t.zip", "broken zip"),
        (zipped("a.csv"), "t.xlsx", ""),
        (TEXT, "t.xlsx", "not a readable workbook"),
        (zipped("xl/workbook.xml", content=b"<workbook"), "t.xlsx", "workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 rest", "t.xls", "not a readable workbook"),
        (b"SQLite format 3\0" + b"\1" * 200, "t.db", "not a readable SQLite"),
        (TEXT, "t.sqlite", "not a readable SQLite"),
        ('{"a": [1, 2], "b": [1]}', "t.json", "is no table"),
        ("[1, 2]", "t.json", "is no table"),
        ("[]", "t.json", "is no table"),
        ('[{"a": 1},', "t.json", "not readable JSON: line 1"),
        ('{"a": 1}\n{"a": ', "t.jsonl", "line 2"),
        ('{"a": 1}\n[2]\n', "t.jsonl", "line 2: not a record"),
        ("[" * 100_000, "t.json", "nested too deeply"),
        ("", "t.json", "is empty"),
        ("{}\n{}", "t.jsonl", "no columns"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "bytes",  # compressed bytes hold the time
)
def test_what_is_refused(tmp_path: Path, content: str | bytes, name: str, said: str) -> None:
    if not said:  # an archive under another name is read by what it is
        assert read(written(tmp_path, content, name)).ref.rows == 1
        return
    with pytest.raises(UsageError, match=said) as caught:
        read(written(tmp_path, content, name))
    assert caught.value.hint
    assert "\n" not in caught.value.message
    assert caught.value.exit_code == 2


def test_special_files_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(UsageError, match="is a pipe"):
        read(tmp_path / "pipe.csv")
    with pytest.raises(UsageError, match="a device"):
        read("/dev/zero")
    (tmp_path / "link.csv").symlink_to(tmp_path / "gone.csv")
    with pytest.raises(UsageError, match="is a link to"):
        read(tmp_path / "link.csv")
    written(tmp_path, TEXT, "file")
    with pytest.raises(UsageError, match="There is no file"):
        read(tmp_path / "file" / "t.csv")
    with pytest.raises(UsageError, match="cannot be read"):
        read(tmp_path / ("x" * 300))
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as listening:
        listening.bind(str(tmp_path / "s"))
        with pytest.raises(UsageError, match="socket"):
            read(tmp_path / "s")


def test_a_bomb_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    megabyte = bytes(1_000_000)
    with pytest.raises(UsageError, match="no table does"):
        read(written(tmp_path, gzip.compress(megabyte) * 120, "t.csv.gz"))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as held, held.open("t.csv", "w") as file:
        for _ in range(120):
            file.write(megabyte)
    for name in ("t.zip", "t.xlsx"):
        with pytest.raises(UsageError, match="no table does"):
            read(written(tmp_path, archive.getvalue(), name))


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.parquet", "t.json", "t.db"])
def test_what_does_not_fit_is_refused_with_both_sizes(tmp_path: Path, name: str) -> None:
    frame = pl.DataFrame({"a": range(20_000), "b": ["text"] * 20_000})
    path = tmp_path / name
    if name == "t.db":
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE t (a, b)")
            connection.executemany("INSERT INTO t VALUES (?, ?)", frame.rows())
            connection.commit()
    else:
        {
            "t.csv": lambda: frame.write_csv(path),
            "t.csv.gz": lambda: path.write_bytes(gzip.compress(frame.write_csv().encode())),
            "t.parquet": lambda: frame.write_parquet(path),
            "t.json": lambda: frame.write_json(path),
        }[name]()
    with pytest.raises(UsageError, match=r"about .+ of memory, and 100 kB are free"):
        read(path, memory=100_000)
    assert read(path, memory=1 << 30).ref.rows == 20_000


def test_a_parquet_file_of_very_many_equal_rows_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pl.DataFrame({"a": pl.repeat(1, 3_000_000, eager=True)}).write_parquet(path, compression="zstd")
    assert path.stat().st_size < 100_000
    with pytest.raises(UsageError, match="too large"):
        read(path, memory=1 << 24)


def test_one_endless_line_is_refused_within_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    with path.open("wb") as file:
        file.write(b"a,b\n")
        for _ in range(80):
            file.write(b"1234567," * 131_072)
    tracemalloc.start()
    try:
        with pytest.raises(UsageError, match="no row of a table"):
            read(path)
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()


CELL = st.sampled_from(
    [
        "1",
        "-2",
        "2.5",
        "007",
        "0",
        "0.5",
        "true",
        "False",
        "NA",
        " ",
        " 3 ",
        "x",
        "1e3",
        "nan",
        "9" * 19,
        "9" * 25,
        "+4",
    ]
)


def cells_of(rows: int) -> st.SearchStrategy[list[str | None]]:
    """Return columns of few different cells, so that some are of one kind."""
    few = st.lists(st.one_of(st.none(), CELL), min_size=1, max_size=3)
    return few.flatmap(lambda cells: st.lists(st.sampled_from(cells), min_size=rows, max_size=rows))


@given(st.lists(st.one_of(st.none(), CELL), max_size=12), st.integers(1, 5))
def test_batches_are_typed_as_the_whole_column_is(cells: list[str | None], size: int) -> None:
    column = Growing("c")
    texts = pl.Series("c", cells, dtype=pl.String)
    for start in range(0, len(cells), size):
        column.add(texts[start : start + size])
    whole = plainly_typed([texts])[0]
    if column.must_be_read_again:
        assert whole.dtype in (pl.String, pl.Null)
    else:
        expected = texts if whole.dtype == pl.Null else whole
        assert column.done().to_list() == expected.to_list()


@given(st.integers(1, 30).flatmap(lambda rows: st.lists(cells_of(rows), min_size=1, max_size=6)))
def test_columns_are_typed_together_as_each_by_itself(columns: list[list[str | None]]) -> None:
    texts = [pl.Series(f"c{place}", cells, dtype=pl.String) for place, cells in enumerate(columns)]
    for series, typed in zip(texts, plainly_typed(texts), strict=True):
        alone = plainly_typed([series])[0]
        assert typed.name == series.name
        assert_series_equal(typed, alone, check_exact=True)


def test_a_column_that_becomes_text_late_keeps_every_cell(tmp_path: Path) -> None:
    cells = [str(number) for number in range(200_000)]
    table = read(written(tmp_path, "a,b,c\n" + "".join(f"{cell},{cell},NA\n" for cell in cells) + "1,x,NA\n"))
    assert table.frame.dtypes == [pl.Int64, pl.String, pl.String]
    assert table.frame["b"].to_list() == [*cells, "x"]
    assert table.frame["c"].unique().to_list() == ["NA"]


STARTS = (b"", b"PK\x03\x04", b"\x1f\x8b\x08", b"BZh9", b"PAR1", b"ARROW1", b"[{", b'{"a":', b"\xff\xfe", b"SQLite format 3\0",
          b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"a,b\n", b'a,"b\n', b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"sep=;\n", b"#")  # fmt: skip
SUFFIXES = ("csv", "tsv", "txt", "gz", "zip", "parquet", "json", "jsonl", "xlsx", "db", "feather", "xls", "ods")


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(STARTS), st.binary(max_size=300), st.sampled_from(SUFFIXES))
def test_random_bytes_are_a_table_or_refused(start: bytes, content: bytes, suffix: str) -> None:
    _read_or_refuse(start + content, suffix)


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("ab1,;\t|\"'\n\r\\ #:{}[]\0é"), max_size=60), st.sampled_from(("csv", "json", "jsonl")))
def test_random_texts_are_a_table_or_refused(content: str, suffix: str) -> None:
    _read_or_refuse(content.encode(), suffix)


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from(["parquet", "gz", "zip", "csv"]))
def test_damaged_files_are_a_table_or_refused(data: st.DataObject, suffix: str) -> None:
    whole = {
        "parquet": parquet(), "gz": gzip.compress(TEXT.encode(), mtime=0), "zip": zipped("t.csv"), "csv": TEXT.encode(),
    }[suffix]  # fmt: skip
    content = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    _read_or_refuse(bytes(content[: data.draw(st.integers(1, len(content)))]), suffix)


def _read_or_refuse(content: bytes, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"t.{suffix}")
        path.write_bytes(content)
        refusal = None
        try:
            assert read(path, memory=1 << 28).ref.rows > 0
        except UsageError as error:
            refusal = error
        assert refusal is None or (refusal.hint and "\n" not in refusal.message)
