"""A real language model plans whole runs: poorly where it is small, and the run ends well all the same.

``PLANFIT_MODEL_FILE`` names another GGUF file, ``PLANFIT_MODEL_URL`` a server that runs already, ``PLANFIT_TABLES`` a folder
of tables (``NAME/data.csv`` and ``NAME/task.json`` with ``description`` and ``target``) that are planned besides.
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
from planfit.planners.base import Answer, Ask
from planfit.planners.expert.expert import Expert
from planfit.planners.in_front import InFront
from planfit.planners.llm.planner import follows_by_rule
from planfit.planners.registry import planner
from planfit.records.calls import Asking
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


HERE = Path(__file__).parents[1] / "sample_tables"
SENTENCES = {
    "titanic": ("Which passengers survived the sinking?", "Survived"),
    "insurance_charges": ("Estimate the medical charges billed by the health insurer for each person", "charges"),
}
FOLDER = os.environ.get("PLANFIT_TABLES")
OTHERS = [] if FOLDER is None else sorted(path.parent.name for path in Path(FOLDER).glob("*/task.json"))


def table(name: str) -> tuple[pd.DataFrame | Path, str, str]:
    """Return a table, a sentence and its target."""
    if name in SENTENCES:
        return HERE / f"{name}.csv", *SENTENCES[name]
    if name in OTHERS:
        folder = Path(str(FOLDER)) / name
        task = json.loads((folder / "task.json").read_text())
        return folder / "data.csv", task["description"], task["target"]
    from sklearn.datasets import load_diabetes

    frame = load_diabetes(as_frame=True, scaled=False).frame
    return frame, "Predict the progression of the disease after a year", "target"


@pytest.mark.parametrize(
    ("name", "small"),
    [
        pytest.param("titanic", True, id="titanic-choices"),
        pytest.param("insurance_charges", True, id="insurance_charges-choices"),
        pytest.param("diabetes", False, id="diabetes-whole-plans"),
        *(pytest.param(name, True, id=f"{name}-choices") for name in OTHERS if name not in SENTENCES),
    ],
)
def test_a_run_ends_well_whatever_it_plans(url: str, name: str, small: bool, tmp_path: Path) -> None:
    data, sentence, target = table(name)
    usual: dict[str, Any] = {"target": target, "max_candidates": 6, "models": ["linear", "lightgbm"]}
    run = planfit.run(
        data, sentence, planner="compatible:local", base_url=url, small_model=small, fallback="expert",
        answer_within="3m" if small else "40s", max_calls=None if small else 1, store=tmp_path / "model", **usual,
    )  # fmt: skip
    expert = planfit.run(data, sentence, store=tmp_path / "expert", **usual)
    usage = run.summary.usage
    assert run.status == "finished"
    assert usage["calls"] >= 1
    if small:  # whole plans may take it longer than that on one busy thread
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
    better, noise = paired(run, expert)
    assert better >= -noise, f"worse than the expert beyond noise: {better:+.4f}, noise {noise:.4f}"
    print(
        f"\n{name}, {'choices' if small else 'whole plans'}: {run.summary.metric} {cv['score']:.4f}, expert "
        f"{floor['score']:.4f} (paired by fold {better:+.4f}, noise {noise:.4f}); {usage['calls']} calls, "
        f"{usage['tokens_in']} tokens in, {usage['tokens_out']} out, {usage['seconds']:.0f} s, "
        f"{usage['idle_seconds']:.1f} s of {run.summary.seconds:.0f} s idle; holdout {_holdout(run)}, "
        f"expert {_holdout(expert)}; answers: {[entry['status'] for entry in answers]}"
    )


def paired(run: planfit.Run, expert: planfit.Run) -> tuple[float, float]:
    """Return by how much a run is better on the same folds, and half of the 95 % interval, corrected for their overlap."""
    from scipy.stats import t

    from planfit.runtime.evaluate import corrected_se

    scores = []
    for each in (run, expert):
        assert each.summary.delivered is not None
        made = each.path / "candidates" / each.summary.delivered["candidate"] / "candidate.json"
        scores.append(json.loads(made.read_text())["score"]["per_fold"])
    sign = 1 if run.summary.greater_is_better else -1
    gains = [sign * (one - other) for one, other in zip(*scores, strict=True)]
    return sum(gains) / len(gains), float(t.ppf(0.975, len(gains) - 1)) * (corrected_se(gains) or 0.0)


def _holdout(run: planfit.Run) -> str:
    found = run.summary.holdout
    return "-" if found is None else f"{found['score']:.4f}"


SPOILT: dict[str, Any] = {
    "TaskPlan": {"excluded": [{"name": "regon", "reason": "says nothing"}]},
    "FeaturePlan": {"transformations": [
        {"column": "bmi", "operation": "tfidf"},
        {"columns": ["age", "bmi"], "operation": "polynomial_features", "degree": 9},
    ]},
    "NextStep": {"move": "tune", "plan": {"candidate": "c099", "trials": 5}},
}  # fmt: skip


class Spoiling(InFront):
    """Stands in front of a language model and gives a wrong answer to each of its questions first."""

    def propose(self, ask: Ask) -> Answer:
        by_expert = ask.plan_kind == "FeaturePlan" and not ask.by_rule
        if ask.findings or by_expert or follows_by_rule(ask):
            return self._behind.propose(ask)
        usual = json.loads(Expert().propose(ask).document) if ask.plan_kind == "TaskPlan" else {}
        return Answer(document=json.dumps(usual | SPOILT[ask.plan_kind]), prompt="what was asked")


def test_it_corrects_one_value_for_each_finding(url: str, tmp_path: Path) -> None:
    data, sentence, target = table("insurance_charges")
    model = planner("compatible:local", Asking(base_url=url, small=True, answer_within=180.0))
    run = planfit.run(
        data, sentence, target=target, planner=Spoiling(model), small_model=True, base_url=url, max_candidates=8,
        models=["linear"], holdout="none", store=tmp_path,
    )  # fmt: skip
    assert run.status == "finished"
    by_model = [entry for entry in run.trace if entry["planner"] == "compatible:local"]
    corrections = [entry for entry in by_model if entry["attempt"] > 1]
    assert run.summary.usage["calls"] == len(corrections)
    accepted = [entry for entry in corrections if entry["status"] == "accepted"]
    assert [entry["stage"] for entry in accepted] == ["task", "feature_engineering", "model_search"]
    for entry in accepted:
        print(f"\n{entry['stage']}: {json.dumps(entry['plan'])[:300]}")
