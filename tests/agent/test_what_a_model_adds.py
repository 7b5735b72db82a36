"""What a language model plans comes on top of what the expert would have done, and a poor one loses nothing of it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("openai", reason="the extra planfit[llm] is not installed")

from model_runs import FEATURES, GOOD, carry_out, good, scripted_models

import planfit
from planfit.planners.expert.expert import Expert
from planfit.testing.model_server import kind_of


@pytest.fixture
def asks() -> Iterator[Callable[..., Any]]:
    with scripted_models() as planner:
        yield planner


def candidates_of(run: planfit.Run) -> dict[tuple[str, str, str], float]:
    """Return the candidates of a run by what they are, with their scores; feature sets by what they make."""
    made = [json.loads(path.read_text()) for path in sorted((run.path / "candidates").glob("*/candidate.json"))]
    plans = {path.parent.name: path.read_text() for path in (run.path / "features").glob("*/plan.json")}
    singles = [each for each in made if each["spec"]["origin"] == "plan"]
    return {
        (each["spec"]["family"], json.dumps(each["spec"]["params"], sort_keys=True), plans.get(each["spec"]["features"], "")):
        each["score"]["value"] for each in singles
    }  # fmt: skip


JUNK = {**FEATURES, "transformations": [{**FEATURES["transformations"][0], "columns": ["age"], "operation": "quantile_transform", "into": None}]}  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "candidates"),
    [
        pytest.param({"FeaturePlan": JUNK}, 3, id="junk"),
        pytest.param({"FeaturePlan": JUNK}, 9, id="junk-and-more-room", marks=pytest.mark.slow),
        pytest.param(
            {"FeaturePlan": {"transformations": [], "rationale": "x"}}, 7, id="nothing", marks=pytest.mark.slow
        ),
    ],
)
def test_a_poor_model_loses_nothing_that_the_expert_would_have_tried(
    answers: dict[str | None, Any], candidates: int, asks: Any, tmp_path: Path
) -> None:
    table = crossing(tmp_path)
    _, model = asks([lambda body: (GOOD | answers)[kind_of(body)]])
    usual: dict[str, Any] = {"models": ["linear", "lightgbm"], "max_candidates": candidates, "holdout": "none"}
    expert = carry_out(table, tmp_path / "expert", Expert(), **usual)
    run = carry_out(table, tmp_path / "model", model, **usual)
    wanted, tried = candidates_of(expert), candidates_of(run)
    assert any("cross" in plan for _, _, plan in wanted), "discovery found what was hidden"
    assert wanted.items() <= tried.items()
    assert (run.summary.cv, run.summary.delivered) == (expert.summary.cv, expert.summary.delivered)
    ended = [entry["planner"] for entry in run.trace if (entry["plan"] or {}).get("move") == "finish"]
    assert ended[-1:] in (["expert"], []), "a model's end is not the run's"
    if candidates > 3:
        found = planfit.replay(run, table)
        assert found.equal, found.difference


def crossing(folder: Path) -> Path:
    """Write a table in which two columns say much together and little alone."""
    rng = random.Random(2)
    lines = []
    for number in range(500):
        age, city, shop, income = rng.randint(18, 90), rng.choice("uvwxyz"), rng.choice("klmnop"), rng.gauss(30, 9)
        same = "uvwxyz".index(city) == "klmnop".index(shop) or (ord(city) + ord(shop)) % 3 == 0
        y = int(rng.random() < (0.85 if same else 0.15))
        lines.append(f"{number},{age},{city},{shop},{income:.2f},{y}")
    path = folder / "crossing.csv"
    path.write_text("id,age,city,shop,income,y\n" + "\n".join(lines) + "\n")
    return path


@pytest.mark.slow
def test_a_models_end_hands_over_to_the_expert(asks: Any, tmp_path: Path) -> None:
    _, model = asks([good])
    table = crossing(tmp_path)
    run = carry_out(table, tmp_path / "store", model, max_candidates=14, holdout="none")
    moves = [(entry["planner"], entry["plan"]["move"]) for entry in run.trace if (entry["plan"] or {}).get("move")]
    at = moves.index(("compatible:scripted", "finish"))
    assert moves[-1] == ("expert", "finish")
    assert at < len(moves) - 1
    assert "the expert goes on" in json.dumps(run.trace)
    found = planfit.replay(run, table)
    assert found.equal, found.difference


@pytest.mark.slow
def test_a_fork_that_follows_its_parent_has_the_models_features_too(asks: Any, tmp_path: Path) -> None:
    table = crossing(tmp_path)
    server, model = asks([good])
    usual: dict[str, Any] = {"max_candidates": 4, "holdout": "none"}
    parent = carry_out(table, tmp_path / "store", model, **usual)
    child = planfit.fork(parent, planner="expert", start="model_search", store=tmp_path / "store")
    asked = len(server.bodies)
    plans = [
        [entry["plan"] for entry in run.trace if entry["stage"] == "feature_engineering" and entry["attempt"]]
        for run in (parent, child)
    ]
    assert plans[0] == plans[1]
    assert len(plans[0]) == 2
    assert len(server.bodies) == asked
    for run in (child, planfit.fork(parent, planner="expert", start="feature_engineering", store=tmp_path / "store")):
        found = planfit.replay(run, table)
        assert found.equal, found.difference


@pytest.mark.slow
def test_what_a_model_knows_and_no_rule_finds_is_adopted(asks: Any, tmp_path: Path) -> None:
    rng = random.Random(3)
    lines = []
    for number in range(500):
        age, city, shop = rng.randint(18, 90), rng.choice("uvwxyz"), rng.choice("klmnop")
        lines.append(f"{number},{age},{city},{shop},{rng.gauss(30, 9):.2f},{int(rng.random() < (0.9, 0.1)[age % 2])}")
    table = tmp_path / "odd.csv"
    table.write_text("id,age,city,shop,income,y\n" + "\n".join(lines) + "\n")
    odd = {"columns": [], "except": [], "operation": "expression", "parameters": [{"name": "expression", "value": "age % 2"}],
           "into": "odd", "keep_source": None, "reason": "every other year"}  # fmt: skip
    _, model = asks(
        [lambda body: (GOOD | {"FeaturePlan": {"transformations": [odd], "rationale": "x"}})[kind_of(body)]]
    )
    usual: dict[str, Any] = {"max_candidates": 6, "holdout": "none"}
    expert = carry_out(table, tmp_path / "expert", Expert(), **usual)
    run = carry_out(table, tmp_path / "model", model, **usual)
    assert run.summary.cv["score"] > expert.summary.cv["score"] + 0.1
    made = json.loads((run.path / "candidates" / "c004" / "candidate.json").read_text())
    plan = json.loads((run.path / "features" / made["spec"]["features"] / "plan.json").read_text())
    assert "expression" in [step["operation"] for step in plan["transformations"]]
