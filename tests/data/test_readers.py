"""Tables from files and from memory, and the refusals."""

from __future__ import annotations

import contextlib
import tempfile
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planfit.data import readers
from planfit.data.names import is_named_like_an_identifier, unique_names
from planfit.data.readers import Table, append, read, save
from planfit.errors import UsageError

ROWS = "a,b,c\n1,x,0.5\n2,y,\n3,,1.5\n"


def write(folder: Path, content: str | bytes, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_a_csv_is_typed(tmp_path: Path) -> None:
    table = read(write(tmp_path, ROWS))
    assert table.frame.dtypes == [pl.Int64, pl.String, pl.Float64]
    assert table.frame["b"].to_list() == ["x", "y", None]
    assert (table.ref.rows, table.ref.columns, table.ref.origin) == (3, 3, "t.csv")
    assert table.ref.path == str(tmp_path / "t.csv")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(tmp_path: Path, delimiter: str) -> None:
    text = 'name,x,y\n"Braund, Mr; O|H\t.",1,2\n"Heikkinen, Miss.",3,4\n'
    rows = [line.rsplit(",", 2) for line in text.splitlines()]
    table = read(write(tmp_path, "\n".join(delimiter.join(row) for row in rows)))
    assert table.frame.columns == ["name", "x", "y"]
    assert table.frame["name"][0] == "Braund, Mr; O|H\t."


@pytest.mark.parametrize(
    ("encoding", "warned"), [("utf-8", False), ("utf-8-sig", False), ("utf-16", False), ("cp1252", True)]
)
def test_encodings(tmp_path: Path, encoding: str, warned: bool) -> None:
    table = read(write(tmp_path, "größe,ort\n1,Zürich\n2,Genève – €\n".encode(encoding)))
    assert table.frame.columns == ["größe", "ort"]
    assert table.frame["ort"].to_list() == ["Zürich", "Genève – €"]
    assert [finding.code for finding in table.findings] == (["encoding"] if warned else [])


def test_codes_keep_their_zeros_and_markers_become_missing_in_numbers(tmp_path: Path) -> None:
    table = read(write(tmp_path, "zip,price,ok,word\n01234,1,true,NA\n90210, ,False,x\n00501,NA,,y\n"))
    assert table.frame["zip"].to_list() == ["01234", "90210", "00501"]
    assert table.frame["price"].to_list() == [1, None, None]
    assert table.frame["ok"].to_list() == [True, False, None]
    assert table.frame["word"].to_list() == ["NA", "x", "y"]


def test_quoted_line_breaks_and_blank_tail(tmp_path: Path) -> None:
    table = read(write(tmp_path, 'a,b\r\n1,"two\nlines"\r\n2,"say ""hi"""\r\n\r\n\r\n'))
    assert table.frame["b"].to_list() == ["two\nlines", 'say "hi"']


def test_names_are_stripped_and_unique(tmp_path: Path) -> None:
    table = read(write(tmp_path, " a ,a,,b\n1,2,3,4\n"))
    assert table.frame.columns == ["a", "a_2", "Unnamed: 2", "b"]
    assert [finding.code for finding in table.findings] == ["renamed-columns"]


def test_a_file_without_header_is_pointed_out(tmp_path: Path) -> None:
    assert [finding.code for finding in read(write(tmp_path, "1,2\n3,4\n")).findings] == ["header-missing"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        (" \n\n", "is empty"),
        ("a,b\n", "no rows"),
        (b"\x00\x01\x02\x03" * 100, "binary"),
        (bytes(range(1, 256)) * 20, "binary"),
        (b"PK\x03\x04rest", "zip file"),
        (b"\x1f\x8b\x08rest", "gzip"),
        (b"PAR1cut off", "Parquet"),
        ("a,b\n1,2\n1,2,3\n4,5\n", "line 3"),
    ],
)
def test_unreadable_files_are_one_sentence_and_a_hint(tmp_path: Path, content: str | bytes, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        read(write(tmp_path, content))
    assert caught.value.hint
    assert "\n" not in caught.value.message


def test_text_with_spoiled_signs_is_still_text(tmp_path: Path) -> None:
    """Quotation marks that a bad conversion turned into control characters, nine at a time."""
    rows = "".join(f"{n},1272 people learned of it when a member{chr(26) * 3}s vehicle was stolen\n" for n in range(20))
    table = read(write(tmp_path, "n,text\n" + rows))
    assert table.frame.shape == (20, 2)


def test_what_is_no_file(tmp_path: Path) -> None:
    write(tmp_path, ROWS, "churn.csv")
    with pytest.raises(UsageError, match="There is no file") as caught:
        read(tmp_path / "chrun.csv")
    assert caught.value.hint == "Did you mean churn.csv?"
    with pytest.raises(UsageError, match="folder"):
        read(str(tmp_path))
    with pytest.raises(UsageError, match="no table"):
        read(write(tmp_path, "[]", "t.json"))
    with pytest.raises(UsageError, match="dict"):
        read({"a": [1]})
    with pytest.raises(UsageError, match="no rows"):
        read(pd.DataFrame({"a": []}))
    with pytest.raises(UsageError, match="no columns"):
        read(pd.DataFrame())


def test_tables_in_memory_are_one() -> None:
    pandas = pd.DataFrame({"a": [1, 2], "b": ["x", None], "c": [0.5, np.nan]}, index=["p", "q"])
    polars = pl.DataFrame({"a": [1, 2], "b": ["x", None], "c": [0.5, None]})
    hashes = {
        read(source).ref.content_hash
        for source in (
            pandas,
            pandas.convert_dtypes(),
            polars,
            polars.lazy(),
            polars.to_arrow(),
            pandas.astype({"b": "category"}),
        )
    }
    assert len(hashes) == 1
    assert read(pa.table({"a": [1]})).ref.origin == "a pyarrow table"
    assert read(pandas, origin="mine").ref.origin == "mine"


def test_awkward_pandas() -> None:
    frame = pd.DataFrame(
        {
            "mixed": [1, "two", None], "list": [[1], None, [2]], "whole": pd.array([1, None, 3], dtype="Int64"),
            "flag": [True, None, False], "level": pd.Categorical([3, 1, None]), "day": [date(2020, 1, 1), None, date(2020, 1, 2)],
            "zoned": pd.to_datetime(["2020-01-01 12:00+02:00", None, "2020-01-02 00:00+02:00"], utc=True),
            "span": pd.to_timedelta(["1h", None, "90s"]), "exact": [Decimal("1.5"), None, Decimal("2")],
            "clock": [time(1), None, time(2)],
        }
    )  # fmt: skip
    frame.columns = pd.Index([*frame.columns[:-1], 7])
    table = read(pd.concat([frame, frame[["mixed"]]], axis=1))
    got = {name: table.frame[name].to_list() for name in table.frame.columns}
    assert got["mixed"] == got["mixed_2"] == ["1", "two", None]
    assert got["list"] == ["[1]", None, "[2]"]
    assert got["whole"] == [1, None, 3]
    assert got["flag"] == [True, None, False]
    assert [None if v is None else float(v) for v in got["level"]] == [3.0, 1.0, None]
    assert got["day"][0] == date(2020, 1, 1)
    assert got["zoned"][0] == datetime(2020, 1, 1, 10)
    assert got["span"] == [3600.0, None, 90.0]
    assert got["exact"] == [1.5, None, 2.0]
    assert got["7"] == [3600.0, None, 7200.0]


def test_multi_level_columns() -> None:
    frame = pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")]))
    assert read(frame).frame.columns == ["a_x", "a_y"]


CELLS = st.one_of(st.none(), st.text(max_size=5))


@given(
    st.lists(
        st.tuples(CELLS, st.one_of(st.none(), st.integers(-99, 99)), st.booleans(), st.floats(width=32)), min_size=1
    ),
)
def test_saved_and_read_back_is_the_same(rows: list[tuple[object, ...]]) -> None:
    frame = pl.DataFrame(rows, schema={"a": pl.String, "b": pl.Int16, "c": pl.Boolean, "d": pl.Float32}, orient="row")
    frame = frame.with_columns(pl.lit(datetime(2020, 1, 1)).alias("e"), pl.lit(timedelta(seconds=1)).alias("f"))
    table = read(frame)
    path = Path(tempfile.mkdtemp(), "t.parquet")
    save(table, path)
    assert read(path).ref.content_hash == table.ref.content_hash


def test_hash_stays_the_same_for_ever() -> None:
    frame = pl.DataFrame(
        {
            "n": [1, None, 3], "x": [0.5, float("nan"), None], "t": ["é", None, ""], "u": [None, "a", "bc"],
            "b": [True, None, False], "d": [date(2020, 1, 1), None, date(1960, 5, 6)],
            "m": [datetime(2020, 1, 1, 5), None, datetime(1960, 5, 6)],
        }
    )  # fmt: skip
    assert readers.content_hash(frame) == "47183559eab72fefcdae87d20f5ca6deeafea81ae36c95fb6adabd1b2340a8b4"


def test_hash_tells_names_types_and_values_not_chunks() -> None:
    frame = pl.DataFrame({"a": [1, 2, 3], "b": ["x", None, ""]})
    hashed = readers.content_hash(frame)
    assert readers.content_hash(pl.concat([frame[:1], frame[1:]], rechunk=False)) == hashed
    assert readers.content_hash(frame.with_columns(pl.col("a").cast(pl.Int8))) == hashed
    others = (
        frame.rename({"a": "z"}), frame.with_columns(pl.col("a").cast(pl.Float64)), frame.reverse(),
        frame.with_columns(pl.col("b").fill_null("")), frame.head(2),
        pl.DataFrame({"a": [1, 2, 3], "b": ["", None, "x"]}),
    )  # fmt: skip
    assert len({hashed, *(readers.content_hash(other) for other in others)}) == len(others) + 1


def test_take_keeps_a_mask_or_positions() -> None:
    table: Table = read(pl.DataFrame({"a": [1, 2, 3]}))
    assert table.take(np.array([True, False, True])).frame["a"].to_list() == [1, 3]
    taken = table.take(np.array([2, 0]))
    assert taken.frame["a"].to_list() == [3, 1]
    assert taken.ref.rows == 2
    assert taken.ref.content_hash != table.ref.content_hash


def test_append_puts_rows_behind_whatever_their_storage() -> None:
    one = read(
        pl.DataFrame({"a": [1, 2], "b": ["x", "y"], "c": [1.0, 2.5], "d": [date(2020, 1, 1), None], "e": [1, 2]})
    )
    two = read(
        pl.DataFrame({"z": [0], "e": [None], "d": [datetime(2020, 1, 2)], "c": ["1,5"], "b": [7], "a": [0.5]})
    )  # fmt: skip
    both = append(one, two)
    assert both.frame.to_dict(as_series=False) == {
        "a": [1.0, 2.0, 0.5], "b": ["x", "y", "7"], "c": ["1", "2.5", "1,5"],
        "d": [datetime(2020, 1, 1), None, datetime(2020, 1, 2)], "e": [1, 2, None],
    }  # fmt: skip
    assert both.ref.rows == 3
    assert append(one, one).frame.height == 4
    with pytest.raises(UsageError, match="lacks columns of a polars table: 'z'"):
        append(two, one)


@given(st.lists(st.one_of(st.none(), st.text(max_size=3), st.integers(0, 3), st.floats()), max_size=8))
def test_names_are_always_unique(labels: list[object]) -> None:
    names = unique_names(labels)
    assert len(set(names)) == len(names) == len(labels)
    assert all(name == name.strip() and name for name in names)
    assert unique_names(names) == names


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    path = Path(tempfile.mkdtemp(), "t.csv")
    path.write_bytes(content)
    with contextlib.suppress(UsageError):
        assert read(path).ref.rows > 0


def test_names_of_identifiers() -> None:
    yes = (
        "id",
        "ID",
        "customerID",
        "customer_id",
        "Unnamed: 0",
        "instant",
        "order no",
        "uuid",
        "PassengerId",
        "userid",
        "Id2",
    )
    no = ("paid", "number_project", "humidity", "acid", "key_size", "age", "population", "identity_score", "")
    assert [name for name in yes if not is_named_like_an_identifier(name)] == []
    assert [name for name in no if is_named_like_an_identifier(name)] == []
