"""The same table in every format: one frame, one content hash."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import sqlite3
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import feather

from planfit.data.readers import Table, read
from planfit.data.sources import registry
from planfit.data.sources.address import absolute, parse
from planfit.errors import UsageError

FRAME = pl.DataFrame(
    {
        "age": [31, None, 45, 27], "income": [1.5, 2.25, None, -0.125], "city": ["Zürich", "a,b; c", None, 'say "hi"'],
        "paid": [True, False, None, True],
    }
)  # fmt: skip
HASH = read(FRAME).ref.content_hash
CSV = FRAME.write_csv().encode()
RECORDS = FRAME.to_dicts()


def workbook(sheets: dict[str, list[list[object]]]) -> bytes:
    """Return an .xlsx with these sheets, the smallest that is one."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    listed = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(sheets, 1))
    links = "".join(
        f'<Relationship Id="r{n}" Type="{office}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">{links}</Relationships>',
    }
    for number, rows in enumerate(sheets.values(), 1):
        body = "".join(
            f'<row r="{r}">{"".join(_cell(r, c, value) for c, value in enumerate(row) if value is not None)}</row>'
            for r, row in enumerate(rows, 1)
        )
        parts[f"xl/worksheets/sheet{number}.xml"] = (
            f'<worksheet xmlns="{main}"><sheetData>{body}</sheetData></worksheet>'
        )
    return zipped(parts)


def _cell(row: int, column: int, value: object) -> str:
    place = f'r="{chr(65 + column)}{row}"'
    if isinstance(value, bool):
        return f'<c {place} t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f"<c {place}><v>{value}</v></c>"
    return f'<c {place} t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'


def zipped(parts: dict[str, str | bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return held.getvalue()


def rows_of(frame: pl.DataFrame) -> list[list[object]]:
    return [list(frame.columns), *map(list, frame.rows())]


def zstd(content: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return sink.getvalue().to_pybytes()


def parquet() -> bytes:
    held = io.BytesIO()
    FRAME.write_parquet(held)
    return held.getvalue()


def arrow(write: Callable[[pl.DataFrame, io.BytesIO], object]) -> bytes:
    held = io.BytesIO()
    write(FRAME, held)
    return held.getvalue()


def feather_of(version: int) -> bytes:
    held = io.BytesIO()
    feather.write_feather(FRAME.to_pandas().astype({"paid": "boolean", "age": "Int64"}), held, version=version)
    return held.getvalue()


FILES: dict[str, bytes] = {
    "t.csv": CSV,
    "t.txt": CSV.replace(b"\n", b"\r\n"),
    "t.tsv": FRAME.write_csv(separator="\t").encode(),
    "t.psv": FRAME.write_csv(separator="|").encode(),
    "cr.csv": CSV.replace(b"\n", b"\r"),
    "no_suffix": CSV,
    "utf16.csv": CSV.decode().encode("utf-16"),
    "utf16le.csv": CSV.decode().encode("utf-16-le"),
    "utf16be.csv": CSV.decode().encode("utf-16-be"),
    "utf32.csv": CSV.decode().encode("utf-32"),
    "bom.csv": b"\xef\xbb\xbf" + CSV,
    "latin.csv": CSV.decode().encode("latin-1"),
    "t.csv.gz": gzip.compress(CSV),
    "named.csv": gzip.compress(CSV),
    "t.csv.bz2": bz2.compress(CSV),
    "t.csv.xz": lzma.compress(CSV),
    "t.csv.zst": zstd(CSV),
    "t.zip": zipped({"__MACOSX/._t.csv": b"x", ".hidden": b"x", "data/t.csv": CSV, "README.md": b"about it"}),
    "inner.zip": zipped({"t.parquet": parquet()}),
    "t.parquet": parquet(),
    "parquet.csv": parquet(),
    "t.arrow": arrow(lambda frame, held: frame.write_ipc(held)),
    "t.arrows": arrow(lambda frame, held: frame.write_ipc_stream(held)),
    "t.feather": feather_of(2),
    "t.jsonl": "\n".join(json.dumps(record) for record in RECORDS).encode(),
    "t.ndjson": "\n".join(json.dumps(record, ensure_ascii=False) for record in RECORDS).encode() + b"\n\n",
    "records.json": json.dumps(RECORDS, indent=2).encode(),
    "columns.json": json.dumps(FRAME.to_dict(as_series=False)).encode(),
    "keyed.json": json.dumps({"data": RECORDS}).encode(),
    "lines.json": "\n".join(json.dumps(record) for record in RECORDS).encode(),
    "index.json": json.dumps({name: dict(enumerate(FRAME[name])) for name in FRAME.columns}).encode(),
    "split.json": json.dumps({"columns": FRAME.columns, "data": [list(row) for row in FRAME.rows()]}).encode(),
    "json.txt": json.dumps(RECORDS).encode(),
    "t.json.gz": gzip.compress(json.dumps(RECORDS).encode()),
    "t.xlsx": workbook({"Sheet1": rows_of(FRAME)}),
    "second.xlsx": workbook({"Notes": [["About this file"]], "Data": [["A title"], [], *rows_of(FRAME)]}),
}


@pytest.mark.parametrize("name", FILES)
def test_every_format_holds_the_same_table(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(FILES[name])
    table = read(path)
    assert table.frame.to_dict(as_series=False) == FRAME.to_dict(as_series=False)
    assert table.ref.content_hash == HASH
    assert table.ref.path == str(path)
    assert [finding.code for finding in table.findings] == (["encoding"] if name == "latin.csv" else [])


def database(path: Path, *tables: str) -> Path:
    connection = sqlite3.connect(path)
    for table in tables:
        connection.execute(f'CREATE TABLE "{table}" (age INTEGER, income REAL, city TEXT)')
        connection.executemany(f'INSERT INTO "{table}" VALUES (?, ?, ?)', FRAME.drop("paid").rows())
    connection.commit()
    connection.close()
    return path


@pytest.mark.parametrize(
    "asked",
    ["{path}", "sqlite:///{path}", "sqlite:///{path}?table=shop", "sqlite:///{path}?table=SHOP",
     "sqlite:///{path}?query=SELECT * FROM shop", "sqlite:///{path}?query=SELECT+%2A+FROM+shop", "sqlite://{path}"],
)  # fmt: skip
def test_a_database_gives_its_table(tmp_path: Path, asked: str) -> None:
    path = database(tmp_path / "my shop.db", "shop")
    before = path.read_bytes()
    table = read(asked.format(path=path))
    assert table.ref.content_hash == read(FRAME.drop("paid")).ref.content_hash
    assert read(str(table.ref.path)).ref.content_hash == table.ref.content_hash
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("{path}", "holds 2 tables: a, b"),
        ("sqlite:///{path}?table=c", "no table 'c'"),
        ("sqlite:///{path}?query=SELECT nothing FROM a", "cannot be carried out"),
        ("sqlite:///{path}?query=DELETE FROM a", "cannot be carried out"),
        ("sqlite:///{path}?query=DROP TABLE a", "cannot be carried out"),
        ("sqlite:///{path}?query=ATTACH DATABASE 'x.db' AS x", "cannot be carried out"),
        ("sqlite:///{path}?query=PRAGMA writable_schema = 1", "cannot be carried out"),
        ("sqlite:///{path}?query=SELECT 1; DROP TABLE a", "cannot be carried out"),
        ("sqlite:///{path}?query=SELECT load_extension('x')", "cannot be carried out"),
        ("sqlite:///{path}?query=SELECT * FROM a WHERE age > 1000", "no rows"),
        ("sqlite:///{path}?nonsense", "does not say what to read"),
        ("sqlite:///", "names no database"),
        ("postgres://host/db", "this machine only"),
        ("https://example.org/t.csv", "this machine only"),
        ("sqlite:///{path}.csv", "not a SQLite database"),
    ],
)
def test_what_a_database_refuses(tmp_path: Path, asked: str, said: str) -> None:
    path = database(tmp_path / "two.db", "a", "b")
    Path(f"{path}.csv").write_bytes(CSV)
    before = path.read_bytes()
    with pytest.raises(UsageError, match=said) as caught:
        read(asked.format(path=path))
    assert caught.value.hint
    assert path.read_bytes() == before
    assert not (tmp_path / "x.db").exists()


def test_a_sheet_is_named_and_others_are_said(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(workbook({"May": rows_of(FRAME), "June": rows_of(FRAME.reverse())}))
    table = read(path)
    assert table.ref.content_hash == HASH
    assert [(finding.code, "'June'" in finding.message) for finding in table.findings] == [("several-tables", True)]
    june = read(f"{path}#June")
    assert june.frame["age"].to_list() == [27, 45, None, 31]
    assert (june.findings, june.ref.path) == ((), f"{path}#June")
    with pytest.raises(UsageError, match="no sheet 'Jun'") as caught:
        read(f"{path}#Jun")
    assert caught.value.hint == "Did you mean 'June'?"


def test_nested_json_is_flattened_once(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text('[{"a": {"b": 1, "c": {"d": 2}}, "e": [1, "x"]}, {"a": null, "f": "y"}, {"a": {"b": 2.5}}]')
    assert read(path).frame.to_dict(as_series=False) == {
        "a.b": [1.0, None, 2.5], "a.c": ['{"d": 2}', None, None], "e": ['[1, "x"]', None, None],
        "a": [None, None, None], "f": [None, "y", None],
    }  # fmt: skip


def test_a_folder_of_parquet_files_is_one_table(tmp_path: Path) -> None:
    FRAME.head(2).write_parquet(tmp_path / "part-0.parquet")
    FRAME.tail(2).select(*reversed(FRAME.columns)).write_parquet(tmp_path / "part-1.parquet")
    (tmp_path / "_SUCCESS").touch()
    table = read(tmp_path)
    assert (table.ref.content_hash, table.ref.path) == (HASH, str(tmp_path))
    FRAME.rename({"age": "years"}).write_parquet(tmp_path / "part-2.parquet")
    with pytest.raises(UsageError, match=r"different columns: part-0\.parquet and part-2\.parquet"):
        read(tmp_path)


def test_folders_without_a_table(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no table") as caught:
        read(tmp_path)
    assert "Parquet" in str(caught.value.hint)
    (tmp_path / "t.csv").write_bytes(CSV)
    with pytest.raises(UsageError, match="is a folder") as caught:
        read(tmp_path)
    assert "t.csv" in str(caught.value.hint)


def test_standard_input_is_read_whatever_its_kind() -> None:
    code = "from planfit.data.readers import read; t = read('-'); print(t.ref.content_hash, t.ref.path, t.ref.origin)"
    for name in ("t.csv", "t.csv.gz", "t.parquet"):
        done = subprocess.run([sys.executable, "-c", code], input=FILES[name], capture_output=True, check=True)
        assert done.stdout.decode().split(maxsplit=2) == [HASH, "None", "standard input\n"]


def test_other_tables_in_memory() -> None:
    class Capsule:
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            return FRAME.to_arrow().__arrow_c_stream__(requested_schema)

    assert read(Capsule()).ref.content_hash == HASH
    assert read(FRAME.to_arrow().to_batches()[0]).ref.content_hash == HASH
    with pytest.raises(UsageError, match="object"):
        read(object())


def test_duplicate_names_are_said_for_frames_too() -> None:
    assert [finding.code for finding in read(pd.DataFrame([[1, 2]], columns=["a", "a"])).findings] == [
        "renamed-columns"
    ]


def test_addresses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert absolute("t.csv") == str(tmp_path / "t.csv")
    assert absolute("-") is None
    assert absolute(FRAME) is None
    assert absolute("sqlite:///t.db?table=a b") == f"sqlite:///{tmp_path}/t.db?table=a b"
    (tmp_path / "a#b.xlsx").touch()
    odd = parse("a#b.xlsx")
    assert odd is not None
    assert (odd.name, odd.sheet) == ("a#b.xlsx", None)
    with pytest.raises(UsageError, match="empty"):
        parse(" ")
    with pytest.raises(UsageError, match="NUL"):
        parse("a\0b")


@pytest.mark.parametrize("reader", registry.READERS, ids=lambda reader: reader.kind)
def test_readers_say_what_they_read(reader: registry.Reader) -> None:
    assert reader.kind
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in reader.suffixes)


CELLS = st.one_of(
    st.none(),
    st.text(st.characters(codec="cp1252", exclude_categories=("Cc",)), max_size=8)
    .map(str.strip)
    .filter(lambda text: any(character.isalpha() for character in text) and text[0] not in "#\"'"),
)
NAMES = ("name", "größe", "note")


def reads_as_a_value(text: str) -> bool:
    """Say whether a text is a number, a truth value or a missing one to a reader: 1E5 and -inf are."""
    try:
        float(text)
    except ValueError:
        return text.lower() in {"true", "false", "na", "null", "none"}
    return True


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(-99, 9999), CELLS, CELLS), min_size=3, max_size=12),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    every=st.booleans(),
    tail=st.booleans(),
)
def test_a_table_in_any_dialect_comes_back(
    rows: list[tuple[object, ...]], delimiter: str, encoding: str, end: str, every: bool, tail: bool
) -> None:
    def cell(value: object) -> str:
        text = "" if value is None else str(value)
        quoted = every or any(sign in text for sign in (delimiter, '"', "\n", "\r", ",", ";", "\t", "|", " "))
        return '"' + text.replace('"', '""') + '"' if quoted else text

    lines = [delimiter.join(map(cell, row)) for row in (NAMES, *rows)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "t.csv")
        path.write_bytes((end.join(lines) + end * tail).encode(encoding))
        table: Table = read(path)
    assert table.frame.columns == list(NAMES)
    assert table.frame["name"].to_list() == [row[0] for row in rows]
    for place in (1, 2):
        expected = [row[place] for row in rows]
        if all(text is None or reads_as_a_value(text) for text in expected):
            continue
        assert table.frame.to_series(place).to_list() == expected


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(CSV)
    path.chmod(0)
    with pytest.raises(UsageError, match="Permission denied"):
        read(path)
