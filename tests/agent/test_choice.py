"""What is delivered: the best, the best that is quick enough, or the simplest that is as good."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from planfit.agent.stages.choice import choose, say_if_slower
from planfit.errors import CandidateFailed
from planfit.records.scores import Allotment, ArtifactRef, CandidateResult, CandidateSpec, Score

BASELINE, LINEAR, TREES, BLEND = (0.5, 0.5, 0.5), (0.80, 0.93, 0.85), (0.82, 0.93, 0.86), (0.84, 0.93, 0.86)
MODEL = ArtifactRef(path="m", sha256="0" * 64, bytes=1)


def scored(number: int, family: str, per_fold: tuple[float, ...], **spec: Any) -> CandidateResult:
    """Return a candidate with these scores."""
    name = f"c{number:03d}"
    return CandidateResult(
        spec=CandidateSpec(
            id=name, family=family, params={}, features="v0", **{"origin": "plan", **spec}
        ),
        allotment=Allotment(folds=len(per_fold)),
        score=Score(metric="roc_auc", value=sum(per_fold) / len(per_fold), per_fold=per_fold, rows=300),
        folds=(),
        models=() if spec.get("members") else (MODEL.having(sha256=str(number) * 64),),
    )  # fmt: skip


RESULTS = (
    scored(1, "baseline", BASELINE, origin="baseline"),
    scored(2, "linear", LINEAR),
    scored(3, "lightgbm", TREES),
    scored(4, "ensemble", BLEND, origin="ensemble", members=(("c003", 0.6), ("c002", 0.4))),
)


def chosen(
    deliver: str,
    results: tuple[CandidateResult, ...] = RESULTS,
    *,
    greater: bool = True,
    simple: bool = False,
    **more: Any,
) -> tuple[str, list[Any]]:
    """Return which candidate is chosen, and what was noted; `took` holds the milliseconds of each."""
    took = more.pop("took", {})
    notes: list[Any] = []
    asked: list[Any] = []

    def decide(name: str, key: Any, measure: Any) -> Any:
        asked.append(key)
        return took["+".join(entry[0] for entry in key[-1])]

    session: Any = SimpleNamespace(
        request=SimpleNamespace(deliver=deliver, max_latency_ms=more.get("max_latency_ms"), scorer=None),
        run=SimpleNamespace(id="run_x", decide=decide),
        key=lambda *parts: parts,
        note=lambda *said, **figures: notes.append((said, figures)),
    )
    search: Any = SimpleNamespace(
        task=SimpleNamespace(constraints=SimpleNamespace(simple=simple), greater_is_better=greater),
        split=SimpleNamespace(n_folds=3),
        results=list(results),
        ranked=lambda: sorted(results, key=lambda r: r.score.value, reverse=greater),
        find=lambda name: next(result for result in results if result.spec.id == name),
    )
    return choose(session, search).spec.id, notes


def test_accurate_is_the_best_ensembles_included() -> None:
    assert chosen("accurate")[0] == "c004"
    assert chosen("accurate", simple=True)[0] == "c003"
    alone = scored(4, "ensemble", BLEND, origin="ensemble", members=(("c003", 1.0),))
    assert chosen("accurate", (*RESULTS[:3], alone))[0] == "c003"  # it is that member, by another name


def test_simple_is_the_simplest_within_one_corrected_standard_error() -> None:
    name, notes = chosen("simple")
    assert name == "c002"  # 0.017 behind on average, and the folds do not tell
    ((said, figures),) = notes
    assert "one corrected standard error" in said[1] + said[3]
    assert figures["behind"] == pytest.approx(0.05 / 3)
    assert figures["corrected_se"] >= figures["behind"]


def test_simple_stays_with_what_is_clearly_better() -> None:
    clearly = tuple(value + 0.05 for value in LINEAR)
    assert chosen("simple", (*RESULTS[:2], scored(3, "lightgbm", clearly)))[0] == "c003"
    errors = (scored(2, "linear", (0.31, 0.30, 0.32)), scored(3, "lightgbm", (0.11, 0.10, 0.12)))
    assert chosen("simple", errors, greater=False)[0] == "c003"


def test_simple_compares_the_same_folds_only() -> None:
    assert chosen("simple", (scored(2, "linear", (0.9,)), scored(3, "lightgbm", TREES)))[0] == "c002"
    assert chosen("simple", (scored(2, "linear", (0.85,)), scored(3, "lightgbm", TREES)))[0] == "c003"


def test_balanced_is_the_best_that_is_quick_enough() -> None:
    took = {"c003+c002": 12.0, "c003": 3.0, "c002": 1.0, "c001": 0.2}
    name, notes = chosen("balanced", took=took, max_latency_ms=5.0)
    assert name == "c003"
    assert "c004 takes 12 ms" in notes[0][0][3]
    assert notes[0][1]["one_row_ms"] == 3.0
    assert chosen("balanced", took=took, max_latency_ms=20.0)[0] == "c004"
    assert chosen("balanced", took={**took, "c003": None}, max_latency_ms=5.0)[0] == "c002"


def test_balanced_takes_the_quickest_where_none_is_quick_enough() -> None:
    took = {"c003+c002": 12.0, "c003": 4.0, "c002": 1.0, "c001": 2.0}
    name, notes = chosen("balanced", took=took, max_latency_ms=0.5)
    assert name == "c002"
    assert "No candidate answers one row within 0.5 ms" in notes[0][0][3]


def test_a_slow_model_is_warned_of() -> None:
    raised: list[Any] = []
    session: Any = SimpleNamespace(
        request=SimpleNamespace(max_latency_ms=5.0),
        run=SimpleNamespace(once=raised.append),
        key=lambda *parts: "key",
    )
    say_if_slower(session, 4.9)
    assert not raised
    say_if_slower(session, 7.0)
    assert "7 ms, more than the 5 ms" in raised[0].finding.message


def test_without_any_score_there_is_nothing_to_deliver() -> None:
    with pytest.raises(CandidateFailed, match="baseline"):
        chosen("accurate", ())


def test_an_ensemble_that_the_folds_do_not_tell_from_the_best_is_delivered() -> None:
    single = scored(3, "lightgbm", (0.85, 0.92, 0.88))
    near = scored(4, "ensemble", (0.84, 0.93, 0.86), origin="ensemble", members=(("c003", 0.6), ("c002", 0.4)))
    found, notes = chosen("accurate", (RESULTS[0], RESULTS[1], single, near))
    assert found == "c004"
    assert "within one corrected standard error" in str(notes)
    far = near.having(score=Score(metric="roc_auc", value=0.80, per_fold=(0.80, 0.87, 0.73), rows=300))
    assert chosen("accurate", (RESULTS[0], RESULTS[1], single, far))[0] == "c003"
