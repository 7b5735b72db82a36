"""Predictions for files: row order, kept columns, equal bytes, nothing that a spreadsheet would run."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.deploy.conftest import table

from planfit.deploy.bundle import Bundle, load
from planfit.deploy.predict import cell, predict_file, write_predictions
from planfit.errors import UsageError


@pytest.fixture
def bundle(folder: Path) -> Bundle:
    return load(folder)


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    table(70, 4).assign(id=range(70, 0, -1), y="low").to_csv(path, index=False)
    return path


def test_labels_in_the_order_of_the_file(bundle: Bundle, rows: Path) -> None:
    made = predict_file(bundle, rows, keep=("id",))
    assert list(made.columns) == ["id", "y"]
    assert list(made["id"]) == list(range(70, 0, -1))
    assert list(made["y"]) == list(bundle.predict(table(70, 4)))


def test_a_kept_target_stands_beside_the_prediction(bundle: Bundle, rows: Path) -> None:
    assert list(predict_file(bundle, rows, keep=("y",)).columns) == ["y", "y_predicted"]


def test_probabilities_are_named_by_class(bundle: Bundle, rows: Path) -> None:
    made = predict_file(bundle, rows, proba=True)
    assert list(made.columns) == ["low", "mid"]
    np.testing.assert_allclose(made.sum(axis=1), 1.0)


def test_a_column_to_keep_that_is_not_there(bundle: Bundle, rows: Path) -> None:
    with pytest.raises(UsageError, match="'idd'") as caught:
        predict_file(bundle, rows, keep=("idd",))
    assert "'id'" in str(caught.value.hint)


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".parquet"])
def test_equal_predictions_equal_bytes(bundle: Bundle, rows: Path, tmp_path: Path, ending: str) -> None:
    made = predict_file(bundle, rows, proba=True, keep=("id", "age", "since"))
    for name in ("one", "two"):
        write_predictions(made, tmp_path / f"{name}{ending}")
    assert (tmp_path / f"one{ending}").read_bytes() == (tmp_path / f"two{ending}").read_bytes()
    assert sorted(path.name for path in tmp_path.glob(".*")) == []


def test_csv_keeps_every_digit_and_whole_numbers_whole(bundle: Bundle, tmp_path: Path) -> None:
    frame = table(3, 4).assign(count=pd.array([1, None, 3], dtype="Int64"))
    frame.to_parquet(tmp_path / "rows.parquet")
    made = predict_file(bundle, tmp_path / "rows.parquet", proba=True, keep=("count",))
    stream = io.StringIO()
    write_predictions(made, None, stream=stream)
    again = pd.read_csv(io.StringIO(stream.getvalue()), dtype={"count": str})
    assert again["count"].tolist()[::2] == ["1", "3"]
    np.testing.assert_array_equal(again[["low", "mid"]].to_numpy(), made[["low", "mid"]].to_numpy())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("@x", "'@x"),
        ("-1+2", "'-1+2"),
        ("\tx", "'\tx"),
        ("-3.5", "-3.5"),
        ("-", "-"),
        ("plain", "plain"),
        (np.float64(0.1), "0.1"),
        (np.int64(4), "4"),
        (np.True_, "true"),
        (None, ""),
        (pd.NaT, ""),
        (pd.Timestamp("2024-02-03"), "2024-02-03T00:00:00"),
    ],
)
def test_cells(value: object, text: str) -> None:
    assert cell(value) == text


def test_an_unknown_ending_and_a_missing_folder(tmp_path: Path) -> None:
    made = pd.DataFrame({"y": [1.0]})
    with pytest.raises(UsageError, match="xlsx"):
        write_predictions(made, tmp_path / "out.xlsx")
    with pytest.raises(UsageError, match="cannot be written"):
        write_predictions(made, tmp_path / "no" / "out.csv")


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old")
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(UsageError):
        write_predictions(pd.DataFrame({"y": [1.0]}), path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_mixed_objects_become_text_in_parquet(tmp_path: Path) -> None:
    made = pd.DataFrame({"y": pd.Series([1, "a", None], dtype=object)})
    write_predictions(made, tmp_path / "out.parquet")
    assert pd.read_parquet(tmp_path / "out.parquet")["y"].tolist()[:2] == ["1", "a"]
