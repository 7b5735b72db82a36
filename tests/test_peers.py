"""The comparison with other systems: what is kept, what is computed again, and how rows become ranks. No network, no other system."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

import peers  # noqa: E402
from comparing import judging, processes, rows, tables  # noqa: E402
from comparing.paired import Predictions, against_planfit  # noqa: E402
from comparing.rows import Row  # noqa: E402
from comparing.systems import ADAPTERS, System  # noqa: E402

LOAD = """
import json
from pathlib import Path
import pandas as pd

def load(name, root, drop_leaks=True):
    task = json.loads((Path(root) / name / "task.json").read_text())
    frame = pd.read_csv(Path(root) / name / "data.csv").drop(columns=task["leaks"] if drop_leaks else [])
    return frame.iloc[:90].reset_index(drop=True), frame.iloc[90:].reset_index(drop=True), task
"""
FAKE = f"""
import sys
sys.path.insert(0, {str(ADAPTERS)!r})
import adapter
import numpy as np

def fit(job):
    {{how}}
    slope = np.polyfit(job.features["size"], job.y, 1)
    return adapter.Fitted(values=lambda frame: np.polyval(slope, frame["size"]))

adapter.main(fit, ("numpy",))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A table of values and a table of classes whose labels are numbers with a point."""
    chance = np.random.default_rng(0)
    size = chance.normal(120, 30, 120)
    price = 3 * size + chance.normal(0, 40, 120)
    frame = pd.DataFrame({"size": size, "kind": chance.choice(list("abc"), 120), "price": price, "net": price * 0.81})
    frame["state"] = np.digitize(size, [100, 140]) + 1.0
    data = tmp_path / "data"
    for name, target, task_type, metric in (
        ("homes", "price", "regression", "rmse"),
        ("states", "state", "multiclass", "f1_macro"),
    ):
        (data / name).mkdir(parents=True)
        frame.drop(columns={"price", "state"} - {target}).to_csv(data / name / "data.csv", index=False)
        task = {
            "description": f"Predict {target}",
            "target": target,
            "task_type": task_type,
            "metric": metric,
            "leaks": ["net"],
        }
        (data / name / "task.json").write_text(json.dumps(task))
    (data / "load.py").write_text(LOAD)
    return data


def fake(place: Path, name: str, how: str = "pass") -> System:
    """A system in a script, which fits a line after `how`."""
    script = place / f"fit_{name}.py"
    script.write_text(FAKE.format(how=how))
    return System(name, Path(sys.executable), script)


def compete(taking_part: list[System], data: Path, out: Path, **others: list) -> dict:
    options = {"reuse": [], "redo": []} | others
    peers.compete(taking_part, ["homes"], data, 20.0, out, **options)
    return {row.system: row for row in rows.read(out / "rows.jsonl").values()}


def test_a_system_that_breaks_counts_as_the_constant_predictor(folder: Path, tmp_path: Path) -> None:
    taking_part = [fake(tmp_path, "line"), fake(tmp_path, "broken", "import a_library_that_is_not_there")]
    found = compete(taking_part, folder, tmp_path / "out")
    line, broken = found["line"], found["broken"]
    assert line.score is not None
    assert line.score < line.constant / 1.5
    assert min(line.wall_seconds, line.one_row_ms, line.batch_ms, line.memory) > 0
    assert 0 <= line.fit_seconds <= line.wall_seconds
    assert set(line.versions) == {"python", "numpy"}
    assert broken.score is None
    assert "a_library_that_is_not_there" in broken.failure
    assert broken.counted == line.constant
    text = tables.markdown(found.values())
    assert "| homes | broken | failed | 2 | 100.0 |" in text
    assert "| homes | line |" in text


def test_predictions_of_two_systems_are_compared_on_the_same_draws_of_rows(folder: Path, tmp_path: Path) -> None:
    worse = "job.train[job.target] = job.train[job.target].sample(frac=1, random_state=0).to_numpy()"
    found = compete([fake(tmp_path, "planfit"), fake(tmp_path, "shuffled", worse)], folder, tmp_path / "out")
    ahead = against_planfit(found.values(), Predictions(tmp_path / "out" / "predictions"))
    assert list(ahead) == [found["shuffled"].key]
    assert ahead[found["shuffled"].key] > 1
    text = tables.markdown(found.values(), ahead)
    assert f"| homes | {ahead[found['shuffled'].key]:+.1f} |" in text
    assert "| ahead / behind | 1 / 0 |" in text
    assert against_planfit(found.values(), Predictions(tmp_path / "elsewhere")) == {}


def test_saved_rows_are_kept_unless_they_are_to_be_redone(folder: Path, tmp_path: Path) -> None:
    out, line = tmp_path / "out", fake(tmp_path, "line")
    first = compete([line], folder, out)["line"]
    fake(tmp_path, "line", "raise ValueError('called again')")
    assert compete([line], folder, out)["line"] == first
    assert compete([line], folder, tmp_path / "other", reuse=[out / "rows.jsonl"])["line"] == first
    again = compete([line], folder, out, redo=["line"])["line"]
    assert "called again" in again.failure
    fake(tmp_path, "line")
    assert compete([line], folder, out)["line"] == again
    assert compete([line], folder, out, redo=["failures"])["line"].score == first.score
    assert len((out / "rows.jsonl").read_text().splitlines()) == 3


def test_a_row_of_other_data_is_computed_anew(folder: Path, tmp_path: Path) -> None:
    line = fake(tmp_path, "line")
    first = compete([line], folder, tmp_path / "out")["line"]
    table = folder / "homes" / "data.csv"
    table.write_text("\n".join(table.read_text().splitlines()[:-10]))
    second = compete([line], folder, tmp_path / "out", reuse=[tmp_path / "out" / "rows.jsonl"])["line"]
    assert (first.test_rows, second.test_rows) == (30, 20)


def test_a_system_that_does_not_end_is_ended(folder: Path, tmp_path: Path) -> None:
    table = judging.table("homes", judging.loader(folder), folder)
    endless = fake(tmp_path, "endless", "import time; time.sleep(300)")
    row = peers.run(endless, table, 5.0, tmp_path / "logs", patience=0.2)
    assert row.failure == "still running after 0.2 times the limit"
    assert row.counted == row.constant
    assert row.wall_seconds < 60


def test_processes_left_behind_are_ended(tmp_path: Path) -> None:
    starts_another = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)'], start_new_session=True)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(2)"
    )
    log = tmp_path / "log.txt"
    ended = processes.watch([sys.executable, "-c", starts_another], log, 60.0, tmp_path, {})
    assert (ended.code, ended.stopped) == (0, False)
    deadline = time.monotonic() + 10
    while psutil.pid_exists(int(log.read_text())) and time.monotonic() < deadline:
        if psutil.Process(int(log.read_text())).status() == psutil.STATUS_ZOMBIE:
            break
        time.sleep(0.1)
    assert time.monotonic() < deadline


def row(system: str, score: float | None, table: str = "t", up: bool = True, constant: float = 0.5) -> Row:
    """A row in which only the score matters."""
    return Row(table, system, 60.0, "", "binary", "m", up, constant, score, fit_seconds=30.0)


def test_ranks_and_regret() -> None:
    found = rows.standings([row("a", 0.9), row("b", 0.7), row("c", None), row("d", 0.7), row("e", 0.4)])
    assert [(each.row.system, each.rank, round(each.regret, 6)) for each in found] == [
        ("a", 1, 0), ("b", 2.5, 50), ("d", 2.5, 50), ("c", 4, 100), ("e", 5, 125),
    ]  # fmt: skip


def test_errors_rank_the_other_way_round() -> None:
    found = rows.standings([row("a", 4.0, up=False, constant=8.0), row("b", 2.0, up=False, constant=8.0)])
    assert [(each.row.system, each.rank, round(each.regret, 1)) for each in found] == [("b", 1, 0), ("a", 2, 33.3)]


def test_where_nobody_learns_anything_all_regret() -> None:
    assert {each.regret for each in rows.standings([row("a", None), row("b", 0.5)])} == {100.0}


def test_summaries_are_of_tables_that_all_have_in_common() -> None:
    found = [row("a", 0.9, "t"), row("b", 0.7, "t"), row("a", 0.6, "u"), row("b", None, "u"), row("a", 0.6, "only a")]
    first, second = rows.summaries(rows.by_table(found))
    assert (first.system, first.tables, first.mean_rank, first.median_regret, first.failures) == ("a", 2, 1, 0, 0)
    assert (second.system, second.mean_rank, second.median_regret, second.failures) == ("b", 2, 75, 1)
    assert first.time_share == 0.5


def test_labels_that_a_system_made_text_of_find_their_class() -> None:
    sys.path.insert(0, str(ADAPTERS))
    import adapter

    assert [adapter.place_of(label, [1.0, 2.0]) for label in ("1.0", 2, np.float64(2.0))] == [0, 1, 1]
    assert adapter.place_of("True", [False, True]) == 1
    with pytest.raises(ValueError, match="none of the classes"):
        adapter.place_of("3.0", [1.0, 2.0])


def test_lightgbm_takes_part(folder: Path, tmp_path: Path) -> None:
    table = judging.table("states", judging.loader(folder), folder)
    lightgbm = System("lightgbm", Path(sys.executable), ADAPTERS / "fit_lightgbm.py")
    found = peers.run(lightgbm, table, 60.0, tmp_path)
    assert not found.failure
    assert found.score > 0.9 > found.constant


@pytest.mark.slow
def test_planfit_takes_part(folder: Path, tmp_path: Path) -> None:
    table = judging.table("states", judging.loader(folder), folder)
    planfit = System("planfit", Path(sys.executable), ADAPTERS / "fit_planfit.py")
    found = peers.run(planfit, table, 15.0, tmp_path)
    assert not found.failure
    assert found.score >= found.constant
    assert found.memory > 50
