"""A real language model plans whole runs: poorly where it is small, and the run ends well all the same.

``PLANFIT_MODEL_FILE`` names another GGUF file, ``PLANFIT_MODEL_URL`` a server that runs already, ``PLANFIT_TABLES`` a folder
of tables (``titanic/data.csv`` and ``titanic/task.json``, and so on) that are planned besides those that are installed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

pytest.importorskip("openai", reason="the extra planfit[llm] is not installed")

import planfit
from planfit.testing.local_model import missing, serving

pytestmark = [pytest.mark.slow, pytest.mark.real_model]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    if given := os.environ.get("PLANFIT_MODEL_URL"):
        yield given
        return
    file = os.environ.get("PLANFIT_MODEL_FILE")
    why = missing()
    if why is not None and (file is None or "xllamacpp" in why):
        pytest.skip(why)
    with serving(Path(file) if file else None) as address:
        yield address


OTHERS = ("titanic", "insurance_charges")


def table(name: str) -> tuple[pd.DataFrame, str, str]:
    """Return a table that is installed: its rows, a sentence, its target."""
    if name == "churn":
        from planfit.demo import table_path

        with table_path() as path:
            return pd.read_csv(path).head(700), "Which customers will leave?", "Churn"
    if name in OTHERS:
        folder = Path(os.environ.get("PLANFIT_TABLES", "nowhere")) / name
        if not (folder / "task.json").is_file():
            pytest.skip(f"PLANFIT_TABLES names no folder with {name}/task.json")
        task = json.loads((folder / "task.json").read_text())
        return pd.read_csv(folder / "data.csv"), task["description"], task["target"]
    from sklearn.datasets import load_diabetes

    frame = load_diabetes(as_frame=True, scaled=False).frame
    return frame, "Predict the progression of the disease after a year", "target"


@pytest.mark.parametrize(
    ("name", "small"),
    [
        pytest.param("churn", True, id="churn-choices"),
        pytest.param("diabetes", True, id="diabetes-choices"),
        pytest.param("diabetes", False, id="diabetes-whole-plans"),
        *(pytest.param(name, True, id=f"{name}-choices") for name in OTHERS),
    ],
)
def test_a_run_ends_well_whatever_it_plans(url: str, name: str, small: bool, tmp_path: Path) -> None:
    frame, sentence, target = table(name)
    usual: dict[str, Any] = {"target": target, "max_candidates": 6, "models": ["linear", "lightgbm"]}
    run = planfit.run(
        frame, sentence, planner="compatible:local", base_url=url, small_model=small, fallback="expert",
        answer_within="3m" if small else "1m", max_calls=None if small else 2, store=tmp_path / "model", **usual,
    )  # fmt: skip
    expert = planfit.run(frame, sentence, store=tmp_path / "expert", **usual)
    usage = run.summary.usage
    assert run.status == "finished"
    assert usage["calls"] >= 1
    if small:  # whole plans may take it longer than a minute on one busy thread
        assert usage["tokens_in"]
        assert usage["tokens_out"]
    answers = [entry for entry in run.trace if entry["planner"] == "compatible:local"]
    assert answers
    asked = [event.body for event in run.events if event.body.kind == "plan_requested"]
    by_model = {body.ask_key for body in asked if body.planner == "compatible:local"}
    proposed = [
        event.body for event in run.events if event.body.kind == "plan_proposed" and event.body.ask_key in by_model
    ]
    assert len([entry for entry in answers if entry["plan"] is not None]) == len(proposed), "every plan is in the trace"
    assert run.verify().ok
    cv, floor = run.summary.cv, expert.summary.cv
    assert cv is not None
    assert floor is not None
    if run.summary.metric == expert.summary.metric:
        sign = 1 if run.summary.greater_is_better else -1
        assert sign * (cv["score"] - floor["score"]) > -max(cv["std"] or 0, floor["std"] or 0)
    print(
        f"\n{name}, {'choices' if small else 'whole plans'}: {run.summary.metric} {cv['score']:.4f}, expert "
        f"{floor['score']:.4f}; {usage['calls']} calls, {usage['tokens_in']} tokens in, {usage['tokens_out']} out, "
        f"{usage['seconds']:.0f} s, {usage['idle_seconds']:.1f} s of {run.summary.seconds:.0f} s idle; holdout "
        f"{_holdout(run)}, expert {_holdout(expert)}; answers: {[entry['status'] for entry in answers]}"
    )


def _holdout(run: planfit.Run) -> str:
    found = run.summary.holdout
    return "-" if found is None else f"{found['score']:.4f}"
