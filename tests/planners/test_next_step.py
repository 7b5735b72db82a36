"""The moves: what comes when, that it ends, and that the same ask gives the same move."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from planfit.planners.base import Ask, BudgetLeft
from planfit.planners.expert.expert import Expert
from planfit.planners.expert.next_step import LAST_ROUND
from planfit.records.scores import Probe

Maker = Callable[..., Any]
Run = list[dict[str, Any]]


def move_of(expert: Expert, ask: Ask) -> dict[str, Any]:
    move: dict[str, Any] = json.loads(expert.propose(ask).document)
    return move


class LittleAgent:
    """What the loop would do with the moves, without training anything."""

    def __init__(self, expert: Expert, ask: Maker, make: dict[str, Maker], **ways: Any) -> None:
        self.expert, self.ask, self.make = expert, ask, make
        self.candidates: int | None = ways.get("candidates")
        self.seconds: float | None = ways.get("seconds")
        self.failing: set[str] = set(ways.get("failing", ()))
        self.verdict: str | None = ways.get("verdict")
        self.keeps_ensembles: bool = ways.get("keeps_ensembles", True)
        self.board: list[Any] = [make["result"](1, "baseline", 0.5, origin="baseline")]
        self.failures: list[Any] = []
        self.sets: list[tuple[str, dict[str, Any]]] = [("v0", {"transformations": []})]
        self.probes: list[Probe] = []
        self.number, self.spent = 1, 0

    def search(self) -> Run:
        moves: Run = []
        if self.verdict is not None:
            self.probe(json.loads(self.expert.propose(self.ask("FeaturePlan")).document))
        for round_ in range(60):
            left = None if self.candidates is None else max(0, self.candidates - self.spent)
            asked = self.ask(
                "NextStep", round=round_, leaderboard=tuple(sorted(self.board, key=lambda r: -r.score.value)),
                failures=tuple(self.failures), probes=tuple(self.probes), feature_sets=tuple(self.sets),
                budget=BudgetLeft(seconds=self.seconds, candidates=left),
            )  # fmt: skip
            move = move_of(self.expert, asked)
            assert move == move_of(self.expert, asked), "the same ask gives the same move"
            moves.append(move)
            if move["move"] == "finish":
                return moves
            getattr(self, move["move"])(move)
        raise AssertionError("the search never ends")

    def models(self, move: dict[str, Any]) -> None:
        assert move["plan"]["candidates"]
        for entry in move["plan"]["candidates"]:
            self.number += 1
            spec = {"params": entry["params"] or {"depth": 1}, "features": entry["features"]}
            if entry["family"] in self.failing:
                self.failures.append(self.make["failure"](self.number, entry["family"], **spec))
            else:
                self.spent += 1
                self.board.append(self.make["result"](self.number, entry["family"], 0.8 + self.number / 1000, **spec))

    def tune(self, move: dict[str, Any]) -> None:
        for _ in range(move["plan"]["trials"]):
            self.number, self.spent = self.number + 1, self.spent + 1
        self.board.append(self.make["result"](self.number, "lightgbm", 0.9, origin="tuning"))

    def ensemble(self, move: dict[str, Any]) -> None:
        self.number += 1
        if self.keeps_ensembles:
            self.board.append(self.make["result"](self.number, "ensemble", 0.95, origin="ensemble"))

    def revise(self, move: dict[str, Any]) -> None:
        self.probe(move["plan"])

    def probe(self, plan: dict[str, Any]) -> None:
        name = f"v{len(self.probes) + 1}"
        self.probes.append(
            Probe(child=name, parent="v0", metric="roc_auc", verdict=self.verdict, mean=0.01, because="by folds")
        )
        if self.verdict == "better":
            self.sets.append((name, plan))


@pytest.mark.parametrize("verdict", [None, "better", "even", "worse", "skipped"])
@pytest.mark.parametrize("candidates", [None, 1, 2, 4, 30])
@pytest.mark.parametrize("seconds", [None, 3.0, 20.0, 300.0])
@pytest.mark.parametrize("failing", [(), ("linear",), ("lightgbm",), ("linear", "lightgbm", "random_forest")])
def test_the_search_ends_within_its_limits(
    expert: Expert,
    ask: Maker,
    make: dict[str, Maker],
    verdict: str,
    candidates: int,
    seconds: float,
    failing: tuple[str, ...],
) -> None:
    agent = LittleAgent(expert, ask, make, verdict=verdict, candidates=candidates, seconds=seconds, failing=failing)
    moves = agent.search()
    assert len(moves) <= LAST_ROUND
    assert candidates is None or agent.spent <= candidates
    kinds = [move["move"] for move in moves]
    assert kinds.count("revise") <= 1
    assert kinds.count("tune") <= 1
    if len(failing) < 3:
        assert agent.spent >= 1
    if sum(result.spec.origin not in ("baseline", "ensemble") for result in agent.board) >= 2:
        assert kinds[-2] == "ensemble", "everything scored has been blended before the end"


def test_it_ends_even_where_no_ensemble_is_ever_kept(expert: Expert, ask: Maker, make: dict[str, Maker]) -> None:
    moves = LittleAgent(expert, ask, make, candidates=4, keeps_ensembles=False).search()
    assert moves[-1]["move"] == "finish"
    assert len(moves) <= LAST_ROUND + 2


def test_models_come_first_then_new_features_then_tuning_then_the_blend(
    expert: Expert, ask: Maker, make: dict[str, Maker]
) -> None:
    moves = LittleAgent(expert, ask, make, verdict="better", candidates=40).search()
    kinds = [move["move"] for move in moves]
    assert kinds[0] == "models"
    assert {entry["features"] for entry in moves[0]["plan"]["candidates"]} == {"v0"}
    assert kinds.index("tune") < kinds.index("ensemble") < kinds.index("finish")
    later = [entry for move in moves[1:] if move["move"] == "models" for entry in move["plan"]["candidates"]]
    assert any(entry["features"] != "v0" for entry in later)


def test_four_candidates_are_four(expert: Expert, ask: Maker, make: dict[str, Maker]) -> None:
    agent = LittleAgent(expert, ask, make, verdict="better", candidates=4)
    agent.search()
    assert agent.spent == 4
    assert any(result.spec.features != "v0" for result in agent.board)


def test_a_single_candidate_is_the_trees(expert: Expert, ask: Maker, make: dict[str, Maker]) -> None:
    agent = LittleAgent(expert, ask, make, candidates=1)
    moves = agent.search()
    assert [entry["family"] for entry in moves[0]["plan"]["candidates"]] == ["lightgbm"]


def test_a_plan_that_did_worse_is_answered_by_a_smaller_one_and_never_repeated(
    expert: Expert, ask: Maker, make: dict[str, Maker]
) -> None:
    first = json.loads(expert.propose(ask("FeaturePlan")).document)
    moves = LittleAgent(expert, ask, make, verdict="worse", candidates=40).search()
    revised = [move["plan"] for move in moves if move["move"] == "revise"]
    assert len(revised) == 1
    assert 0 < len(revised[0]["transformations"]) < len(first["transformations"])
    assert "v1 was worse than v0 by 0.01 roc_auc" in revised[0]["rationale"]


def test_few_rows_are_not_tuned(expert: Expert, ask: Maker, make: dict[str, Maker], churn: Any) -> None:
    few = churn.having(rows=400)
    moves = LittleAgent(expert, lambda kind, **more: ask(kind, **{"profile": few} | more), make, candidates=40).search()
    assert "tune" not in [move["move"] for move in moves]
