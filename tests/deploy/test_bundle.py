"""A bundle predicts for whatever people hand over, and loads nothing that it cannot vouch for."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from tests.deploy.conftest import model_of, table, write_bundle

from planfit.deploy import bundle as bundles
from planfit.errors import DamagedRun, NotTrusted, PlanfitError, UsageError


@pytest.fixture
def loaded(folder: Path) -> bundles.Bundle:
    return bundles.load(folder)


class Test_predicting:
    def test_index_name_and_labels(self, loaded: bundles.Bundle) -> None:
        frame = table(50, 3).set_axis([f"r{i}" for i in range(50)])
        predicted = loaded.predict(frame)
        assert predicted.name == "y"
        assert list(predicted.index) == list(frame.index)
        assert set(predicted) <= {"low", "mid"}
        chances = loaded.predict_proba(frame)
        assert list(chances.columns) == ["low", "mid"]
        assert list(chances.index) == list(frame.index)
        np.testing.assert_allclose(chances.sum(axis=1), 1.0)

    @pytest.mark.parametrize("rows", [3, 60])
    def test_every_kind_of_table_gives_the_same(self, loaded: bundles.Bundle, rows: int) -> None:
        frame = table(rows, 5)
        expected = loaded.predict_matrix(frame)
        plain = frame.astype(object).where(frame.notna(), None)
        given: list[Any] = [
            pl.from_pandas(frame),
            pl.from_pandas(frame).lazy(),
            pa.Table.from_pandas(frame),
            plain.to_dict("records"),
            plain.to_dict("list"),
            frame[frame.columns[::-1]],
            frame.assign(other=1, y="low"),
            frame.assign(city=frame["city"].astype("category"), member=frame["member"] == "yes"),
        ]
        for other in given:
            np.testing.assert_allclose(loaded.predict_matrix(other), expected, rtol=1e-12)

    def test_one_row_as_a_dict(self, loaded: bundles.Bundle) -> None:
        row = table(1, 5).to_dict("records")[0]
        assert len(loaded.predict(row)) == 1
        assert loaded.predict([row]).equals(loaded.predict(row))

    def test_a_key_that_a_row_lacks_is_a_missing_value(self, loaded: bundles.Bundle) -> None:
        whole = table(2, 5).to_dict("records")
        lacking = [whole[0], {key: value for key, value in whole[1].items() if key != "age"}]
        expected = loaded.predict_matrix([whole[0], {**whole[1], "age": None}])
        np.testing.assert_array_equal(loaded.predict_matrix(lacking), expected)

    @pytest.mark.parametrize("nothing", [[], table(5).iloc[:0], pl.from_pandas(table(5)).clear()])
    def test_no_rows(self, loaded: bundles.Bundle, nothing: Any) -> None:
        assert loaded.predict(nothing).shape == (0,)
        assert loaded.predict_proba(nothing).shape == (0, 2)

    @pytest.mark.parametrize("rows", [1, 60])
    def test_missing_columns_are_named(self, loaded: bundles.Bundle, rows: int) -> None:
        with pytest.raises(UsageError, match="2 columns: 'age', 'city'"):
            loaded.predict(table(rows).drop(columns=["age", "city"]))

    @pytest.mark.parametrize("rows", [1, 60])
    def test_a_transformed_table_is_refused_with_a_sentence(self, loaded: bundles.Bundle, rows: int) -> None:
        with pytest.raises(UsageError, match="transformed already"):
            loaded.predict(loaded.pipeline.transform(table(rows)))

    @pytest.mark.parametrize(
        "wrong", ["rows.csv", np.zeros((2, 2)), [[1, 2]], pd.Series([1]), {"age": [1], "city": []}, 7]
    )
    def test_what_is_no_table_is_refused(self, loaded: bundles.Bundle, wrong: Any) -> None:
        with pytest.raises(UsageError) as caught:
            loaded.predict(wrong)
        assert caught.value.hint

    def test_a_regression_has_no_probabilities(self, tmp_path: Path) -> None:
        bundle = bundles.load(write_bundle(tmp_path / "reg", model_of(["linear"], "regression")))
        assert bundle.predict(table(3)).dtype == np.float64
        with pytest.raises(UsageError, match="number"):
            bundle.predict_proba(table(3))


class Test_loading:
    def test_metadata_says_what_it_is(self, loaded: bundles.Bundle, folder: Path) -> None:
        said = loaded.metadata
        assert said.task.target == "y"
        assert said.delivered.members == (("c000", 1.0), ("c001", 0.5))
        assert [column.name for column in said.columns] == list(table(1).columns)
        assert said.differences() == ()
        assert set(said.files) == {"model.joblib", "pipeline.joblib", "schema.json"}
        document = json.loads((folder / "metadata.json").read_text())
        assert document["holdout"]["scored"] == "fold_average"

    @pytest.mark.parametrize("name", ["model.joblib", "pipeline.joblib", "schema.json"])
    @pytest.mark.parametrize("trust", [False, True])
    def test_a_changed_file_is_damage_even_where_trusted(self, folder: Path, name: str, trust: bool) -> None:
        (folder / name).write_bytes((folder / name).read_bytes() + b" ")
        with pytest.raises(DamagedRun, match=name):
            bundles.load(folder, trust=trust)

    def test_a_missing_file_is_damage(self, folder: Path) -> None:
        (folder / "schema.json").unlink()
        with pytest.raises(DamagedRun, match=r"schema\.json"):
            bundles.load(folder)

    @pytest.mark.parametrize("change", [{"seed": 7}, {"signature": "0" * 64}, {"files": {}}])
    def test_changed_metadata(self, folder: Path, change: dict[str, Any]) -> None:
        path = folder / "metadata.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | change))
        with pytest.raises((DamagedRun, NotTrusted)):
            bundles.load(folder)

    @pytest.mark.parametrize("text", ["", "[]", "{", '{"format": 1}'])
    def test_metadata_that_is_none(self, folder: Path, text: str) -> None:
        (folder / "metadata.json").write_text(text)
        with pytest.raises((DamagedRun, UsageError)):
            bundles.load(folder, trust=True)

    def test_a_later_format_is_refused_by_name(self, folder: Path) -> None:
        (folder / "metadata.json").write_text('{"format": 2}')
        with pytest.raises(UsageError, match="format 2"):
            bundles.load(folder)

    def test_another_users_bundle_needs_trust(
        self, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PLANFIT_HOME", str(tmp_path / "somebody"))
        with pytest.raises(NotTrusted, match="not signed by your key"):
            bundles.load(folder)
        assert len(bundles.load(folder, trust=True).predict(table(2))) == 2

    def test_nothing_is_unpickled_before_trust(
        self, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PLANFIT_HOME", str(tmp_path / "somebody"))
        monkeypatch.setattr(bundles.joblib, "load", lambda *_: pytest.fail("unpickled"))
        with pytest.raises(NotTrusted):
            bundles.load(folder)

    def test_other_library_versions_are_said(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        here = bundles.manifest.versions()
        monkeypatch.setattr(bundles.manifest, "versions", lambda: here | {"lightgbm": "0.0.1"})
        with pytest.warns(UserWarning, match=r"lightgbm 0\.0\.1 \(trained with"):
            bundles.load(folder)

    def test_a_folder_without_bundle(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="no bundle"):
            bundles.load(tmp_path)

    def test_a_file_outside_is_never_read(self, folder: Path) -> None:
        said = bundles.manifest.FileEntry(sha256="0" * 64, bytes=1)
        for name in ("../x", "/etc/passwd", "..", "a/b"):
            with pytest.raises(DamagedRun, match="outside"):
                bundles.manifest.content(folder, name, said)

    def test_an_object_of_an_unknown_class_is_a_sentence(self, folder: Path) -> None:
        with pytest.raises(PlanfitError, match="cannot be loaded here"):
            bundles._unpickled(folder, "model.joblib", b"\x80\x04cnowhere\nNothing\n.", ())

    def test_predicting_imports_no_planner_no_agent_no_store(self, folder: Path, own_key: Path) -> None:
        code = (
            "import sys, json\n"
            "from planfit.deploy.bundle import load\n"
            f"bundle = load({str(folder)!r})\n"
            "bundle.predict([{c.name: None for c in bundle.metadata.columns}])\n"
            "rooms = {m.split('.')[1] for m in sys.modules if m.startswith('planfit.')}\n"
            "print(json.dumps(sorted(rooms)))\n"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        rooms = set(json.loads(done.stdout))
        assert not rooms & {"planners", "plans", "agent", "store", "trace", "report", "runtime", "cli"}
