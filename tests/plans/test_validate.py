"""Gate ``schema`` for task, model and tuning plans and for moves."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest

from planfit.models.registry import families
from planfit.plans import meaning, parse
from planfit.plans.validate import check_models, check_next, check_task, check_tuning
from planfit.records.canonical import digest
from planfit.records.findings import Finding

from .test_document import apply_patch


@dataclass
class Options:
    target: str | None = None
    task_type: str | None = None
    metric: str | None = None
    positive_class: str | None = None
    split: str | None = None
    exclude: tuple[str, ...] = field(default=())
    include: tuple[str, ...] = field(default=())


GOOD = {
    "target": "churn", "task_type": "binary", "metric": "roc_auc", "positive_class": "yes",
    "split": {"kind": "stratified"}, "excluded": [{"name": "empty", "code": "empty", "reason": "no value"}],
    "confidence": 0.1,
}  # fmt: skip
PRICE = {"target": "price", "task_type": "regression", "metric": "rmse", "positive_class": None}


def read(kind, document):
    plan, findings = parse(kind, json.dumps(document))
    assert plan is not None, [finding.sentence() for finding in findings]
    return plan


def told(findings):
    return [(finding.code, finding.path) for finding in findings]


def test_a_good_task_has_no_findings_whatever_its_confidence(profile):
    assert check_task(read("TaskPlan", GOOD), profile, Options()) == ()
    assert check_task(read("TaskPlan", {**GOOD, **PRICE}), profile, Options()) == ()


@pytest.mark.parametrize(
    ("change", "options", "code", "path"),
    [
        ({"target": "chrun"}, {}, "unknown-column", "/target"),
        ({}, {"target": "grade"}, "option-contradicted", "/target"),
        ({}, {"metric": "f1"}, "option-contradicted", "/metric"),
        ({}, {"positive_class": "no"}, "option-contradicted", "/positive_class"),
        ({}, {"split": "time:when"}, "option-contradicted", "/split"),
        ({"split": {"kind": "time", "column": "price"}}, {"split": "time:when"}, "option-contradicted", "/split"),
        ({"task_type": "regression", "metric": "rmse", "positive_class": None}, {}, "task-type-unfit", "/task_type"),
        ({"target": "grade", "positive_class": None}, {}, "task-type-unfit", "/task_type"),
        ({"task_type": "multiclass", "metric": "log_loss", "positive_class": None}, {}, "task-type-unfit", "/task_type"),
        ({"target": "same", "positive_class": None}, {}, "task-type-unfit", "/task_type"),
        ({**PRICE, "target": "when"}, {}, "task-type-unfit", "/task_type"),
        ({**PRICE, "target": "note"}, {}, "task-type-unfit", "/task_type"),
        ({"metric": "rocauc"}, {}, "unknown-metric", "/metric"),
        ({"metric": "rmse"}, {}, "metric-unfit", "/metric"),
        ({"positive_class": "maybe"}, {}, "unknown-class", "/positive_class"),
        ({"split": {"kind": "time"}}, {}, "missing-field", "/split"),
        ({"split": {"kind": "time", "column": "whem"}}, {}, "unknown-column", "/split/column"),
        ({"split": {"kind": "time", "column": "grade"}}, {}, "split-impossible", "/split/column"),
        ({"split": {"kind": "group", "column": "same"}}, {}, "split-impossible", "/split/column"),
        ({"split": {"kind": "group", "column": "churn"}}, {}, "target-used", "/split/column"),
        ({"excluded": [{"name": "churn", "reason": "r"}]}, {}, "target-used", "/excluded/0/name"),
        ({}, {"include": ("empty",)}, "option-contradicted", "/excluded/0/name"),
        ({"excluded": [{"name": "notes", "reason": "r"}]}, {}, "unknown-column", "/excluded/0/name"),
        ({}, {"exclude": ("note",)}, "exclusion-missing", "/excluded"),
        ({}, {"exclude": ("churn",)}, "target-used", "/target"),
        ({"excluded": [{"name": n, "reason": "r"} for n in ("price", "grade", "when", "note", "same", "empty")]}, {},
         "nothing-left", "/excluded"),
    ],
)  # fmt: skip
def test_a_task_that_does_not_fit(profile, change, options, code, path):
    findings = check_task(read("TaskPlan", {**GOOD, **change}), profile, Options(**options))
    assert told(findings) == [(code, path)]
    assert findings[0].refuses


def test_a_time_split_names_the_columns_that_tell_time(profile):
    (found,) = check_task(read("TaskPlan", {**GOOD, "split": {"kind": "time", "column": "grade"}}), profile, Options())
    assert found.allowed == "price, when, each with dates or numbers"
    dateless = profile.having(
        columns=tuple(c for c in profile.columns if c.name not in ("price", "when")),
        statistics=tuple(s for s in profile.statistics if s.name not in ("price", "when")),
    )
    (found,) = check_task(read("TaskPlan", {**GOOD, "split": {"kind": "time", "column": "grade"}}), dateless, Options())
    assert found.allowed is None
    assert "at random or by group" in found.hint


@pytest.mark.parametrize("kind", ["random", "stratified"])
def test_mixed_entities_are_a_warning(profile, kind):
    warning = Finding(
        code="repeated-entities",
        gate="dataset",
        severity="warning",
        message="'grade' names entities.",
        columns=("grade", "price"),
    )
    repeated = profile.having(warnings=(warning,))
    (found,) = check_task(read("TaskPlan", {**GOOD, "split": {"kind": kind}}), repeated, Options(split=kind))
    assert (found.code, found.severity) == ("entities-mixed", "warning")
    assert "--split group:grade" in found.hint
    group = read("TaskPlan", {**GOOD, "split": {"kind": "group", "column": "grade"}})
    assert check_task(group, repeated, Options()) == ()


@pytest.mark.parametrize(
    ("change", "options"),
    [
        ({"target": "chrun"}, {}),
        ({"metric": "rocauc"}, {}),
        ({"positive_class": "Yes"}, {}),
        ({}, {"exclude": ("note",)}),
        ({"target": "grade", "positive_class": "yes"}, {"target": "churn"}),
        ({"excluded": [{"name": "churn", "reason": "r"}]}, {}),
    ],
)
def test_the_mend_makes_the_task_right(profile, change, options):
    document = {**GOOD, **change}
    for finding in check_task(read("TaskPlan", document), profile, Options(**options)):
        if finding.mend:
            document = apply_patch(document, finding.mend)
    assert check_task(read("TaskPlan", document), profile, Options(**options)) == ()


def test_everything_about_a_task_is_told_at_once(profile):
    document = {
        **GOOD, "metric": "rmse", "positive_class": "maybe", "split": {"kind": "time"},
        "excluded": [{"name": "x", "reason": "r"}],
    }  # fmt: skip
    findings = check_task(read("TaskPlan", document), profile, Options(exclude=("note",)))
    assert [finding.code for finding in findings] == [
        "metric-unfit", "unknown-class", "missing-field", "unknown-column", "exclusion-missing",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "options"),
    [
        ({**PRICE, "positive_class": "yes"}, {}),
        ({"split": {"kind": "random", "column": "when"}}, {}),
        ({"excluded": [{"name": "note", "reason": "r"}] * 2}, {}),
        ({}, {"exclude": ("notes",)}),
    ],
)
def test_what_only_says_nothing_is_a_warning(profile, change, options):
    (finding,) = check_task(read("TaskPlan", {**GOOD, **change}), profile, Options(**options))
    assert not finding.refuses


ALLOWED = ("linear", "lightgbm", "random_forest")


@pytest.mark.parametrize(
    ("candidate", "code", "path"),
    [
        ({"family": "lightgmb"}, "unknown-family", "/candidates/0/family"),
        ({"family": "baseline"}, "family-not-allowed", "/candidates/0/family"),
        ({"family": "lightgbm", "params": {"num_leaves": 1}}, "out-of-bounds", "/candidates/0/params/num_leaves"),
        ({"family": "lightgbm", "params": {"num_leafs": 31}}, "unknown-field", "/candidates/0/params/num_leafs"),
        ({"family": "lightgbm", "params": {"num_leaves": "many"}}, "wrong-type", "/candidates/0/params/num_leaves"),
        ({"family": "lightgbm", "features": "v9"}, "unknown-feature-set", "/candidates/0/features"),
    ],
)
def test_a_candidate_that_cannot_be(binary, candidate, code, path):
    plan = read("ModelPlan", {"candidates": [candidate]})
    findings = check_models(plan, ALLOWED, binary, feature_sets=("v0", "v1"))
    assert told(findings) == [(code, path)]


def test_a_hyperparameter_out_of_bounds_reads_as_a_sentence(binary):
    plan = read("ModelPlan", {"candidates": [{"family": "lightgbm", "params": {"num_leaves": 1}}]})
    (finding,) = check_models(plan, ALLOWED, binary)
    assert finding.message == "`num_leaves` of lightgbm must be at least 2. Got 1."


def test_a_family_that_is_not_installed_names_its_extra(binary, monkeypatch):
    family = families()["lightgbm"]
    monkeypatch.setattr(type(family), "module", "a_module_that_nobody_has")
    monkeypatch.setattr(type(family), "extra", "full")
    plan = read("ModelPlan", {"candidates": [{"family": "lightgbm"}, {"family": "linear"}]})
    (finding,) = check_models(plan, ("linear",), binary)
    assert finding.code == "family-missing"
    assert "planfit[full]" in finding.hint


def test_a_family_that_does_not_solve_the_task(binary, monkeypatch):
    monkeypatch.setattr(type(families()["lightgbm"]), "tasks", frozenset({"regression"}))
    plan = read("ModelPlan", {"candidates": [{"family": "lightgbm"}]})
    assert told(check_models(plan, ("linear",), binary)) == [("task-not-supported", "/candidates/0/family")]


def test_a_candidate_named_twice_is_a_warning(binary):
    plan = read("ModelPlan", {"candidates": [{"family": "linear"}, {"family": "linear", "reason": "again"}]})
    (finding,) = check_models(plan, ALLOWED, binary)
    assert (finding.code, finding.path, finding.refuses) == ("no-effect", "/candidates/1", False)


SCORED = {"c001": "baseline", "c002": "lightgbm", "c003": "ensemble"}


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"candidate": "c2"}, "unknown-candidate", "/candidate"),
        ({"candidate": "c001"}, "cannot-be-tuned", "/candidate"),
        ({"candidate": "c003"}, "cannot-be-tuned", "/candidate"),
        ({"space": {"num_leafs": {"type": "int", "low": 2, "high": 9}}}, "unknown-field", "/space/num_leafs"),
        ({"space": {"num_leaves": {"type": "int", "low": 1, "high": 9}}}, "space-outside", "/space/num_leaves/low"),
        ({"space": {"num_leaves": {"type": "int", "low": 2, "high": 9999}}}, "space-outside", "/space/num_leaves/high"),
        ({"space": {"num_leaves": {"type": "float", "low": 2, "high": 9}}}, "space-outside", "/space/num_leaves/type"),
        ({"space": {"num_leaves": {"type": "categorical", "choices": [4, 0]}}},
         "space-outside", "/space/num_leaves/choices/1"),
    ],
)  # fmt: skip
def test_a_search_that_cannot_be(change, code, path):
    plan = read("TuningPlan", {"candidate": "c002", **change})
    assert told(check_tuning(plan, SCORED)) == [(code, path)]


def test_a_search_inside_the_bounds():
    space = {"num_leaves": {"type": "int", "low": 4, "high": 64, "log": True},
             "learning_rate": {"type": "float", "low": 0.01, "high": 0.2, "log": True},
             "extra_trees": {"type": "categorical", "choices": [True, False]}}  # fmt: skip
    assert check_tuning(read("TuningPlan", {"candidate": "c002", "space": space}), SCORED) == ()


@pytest.fixture
def next_step(schema, binary):
    def judge(document, candidates=SCORED):
        return check_next(
            read("NextStep", document), schema=schema, task=binary, rows=500, families=ALLOWED,
            feature_sets=("v0",), candidates=candidates,
        )  # fmt: skip

    return judge


@pytest.mark.parametrize(
    ("document", "code", "path"),
    [
        ({"move": "revise", "plan": {"transformations": [{"column": "agee", "operation": "drop"}]}},
         "unknown-column", "/plan/transformations/0/column"),
        ({"move": "models", "plan": {"candidates": [{"family": "lightgmb"}]}},
         "unknown-family", "/plan/candidates/0/family"),
        ({"move": "tune", "plan": {"candidate": "c009"}}, "unknown-candidate", "/plan/candidate"),
    ],
)  # fmt: skip
def test_a_move_is_judged_with_its_plan(next_step, document, code, path):
    (finding,) = next_step(document)
    assert (finding.code, finding.path) == (code, path)
    assert finding.mend is not None
    assert next_step(apply_patch(document, finding.mend)) == ()


def test_an_ensemble_needs_candidates(next_step):
    assert next_step({"move": "ensemble"}) == ()
    assert told(next_step({"move": "ensemble"}, {"c001": "linear"})) == [("too-few-candidates", "/move")]
    assert next_step({"move": "finish"}) == ()


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("TaskPlan", GOOD, {**GOOD, "rationale": "so", "confidence": 0.9, "version": 1}),
        ("ModelPlan", {"candidates": [{"family": "linear"}]},
         {"candidates": [{"family": "linear", "params": {}, "reason": "r"}], "rejected": [{"family": "knn", "reason": "r"}]}),
        ("TuningPlan", {"candidate": "c1"}, {"candidate": "c1", "method": "bayesian", "trials": 20, "rationale": "r"}),
        ("NextStep", {"move": "finish"}, {"move": "finish", "rationale": "done"}),
        ("NextStep", {"move": "tune", "plan": {"candidate": "c1"}},
         {"move": "tune", "plan": {"candidate": "c1", "rationale": "r"}, "rationale": "r"}),
    ],
)  # fmt: skip
def test_what_is_only_said_does_not_change_the_meaning(kind, one, other):
    hashes = {digest(meaning(read(kind, document))) for document in (one, other)}
    assert len(hashes) == 1
