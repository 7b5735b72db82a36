"""Feature plans by hand, without a run (`check`, `mend`, `compile`, `apply`, `diff`), and what a plan may say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from planfit.arguments import column_name, one_of, plan_text
from planfit.errors import UsageError
from planfit.records.findings import Finding

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from planfit.agent.checking import Applied, Judgement, Mended
    from planfit.plans import FeaturePlan
    from planfit.plans.differences import Difference

    AnyPlan = str | Path | Mapping[str, Any] | FeaturePlan


def check(plan: AnyPlan, data: Any, *, target: str | None = None, task_type: str | None = None) -> tuple[Finding, ...]:
    """Judge a feature plan against a table: all findings at once, nothing trained.

    The plan passes four gates, each cheaper than the next: the document against its schema, the plan against the
    table's columns, a trial on a few hundred awkward rows, a trial on all rows. An error ends at its gate.

    Parameters
    ----------
    plan : FeaturePlan, path, dict or JSON text
    data : path or frame
    target : str or None
        The column that a plan must not use; operations that look at the target are tried only when it is given.
    task_type : str or None
        ``binary``, ``multiclass`` or ``regression``; by the target's values when None.

    Returns
    -------
    tuple of Finding
        Empty for a plan that there is nothing to say about; only findings whose ``refuses`` is true refuse it.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"age": [31.0, 27.0, 44.0], "city": ["Bern", "Rome", "Bern"]})
    >>> (found,) = check({"transformations": [{"column": "agee", "operation": "standard_scale"}]}, frame)
    >>> found.code, found.nearest
    ('unknown-column', 'age')
    """
    return judge(plan, data, target=target, task_type=task_type).findings


def judge(plan: AnyPlan, data: Any, *, target: str | None = None, task_type: str | None = None) -> Judgement:
    """Return what `check` finds, and the gates that the plan was judged at.

    Parameters
    ----------
    plan, data, target, task_type
        As for `check`.
    """
    from planfit.agent.checking import check_plan

    return check_plan(plan_text(plan), data, **_named(target, task_type))


def mend(plan: AnyPlan, data: Any, *, target: str | None = None, task_type: str | None = None) -> Mended:
    """Take the mends of a plan's findings where there is an obvious one: a misspelt name, a column named twice.

    Parameters
    ----------
    plan, data, target, task_type
        As for `check`.

    Returns
    -------
    Mended
        Its `document` is the mended plan, `taken` the findings whose mend was taken, `judgement` what is left.

    Raises
    ------
    UsageError
        The text is not JSON.
    """
    from planfit.agent.checking import mend_plan

    return mend_plan(plan_text(plan), data, **_named(target, task_type))


def compile(
    plan: AnyPlan,
    data: Any,
    *,
    target: str | None = None,
    task_type: str | None = None,
    numeric: bool = False,
) -> Pipeline:
    """Return the unfitted scikit-learn Pipeline of a feature plan for a table.

    It takes raw rows and gives features; put any estimator behind it and hand both to ``cross_val_score``: what learns is
    then fitted on the training part of each fold. The target is given to ``fit`` as it stands in the table.

    Parameters
    ----------
    plan, data, target, task_type
        As for `check`.
    numeric : bool, default=False
        Whether further steps make numbers without gaps of what the plan leaves, as most estimators of scikit-learn want;
        it needs a target. False: columns that the plan does not name pass as they are, texts and gaps included.

    Raises
    ------
    PlanRefused
        The plan has findings of severity error; its `findings` hold them. It is a `UsageError`.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"age": [31.0, 27.0, 44.0], "city": ["Bern", "Rome", "Bern"]})
    >>> pipeline = compile({"transformations": [{"column": "city", "operation": "one_hot_encode"}]}, frame)
    >>> list(pipeline.fit_transform(frame))
    ['age', 'city=Bern', 'city=Rome']
    """
    from planfit.agent.checking import compile_for

    return compile_for(plan_text(plan), data, **_named(target, task_type), numeric=numeric)


def apply(
    plan: AnyPlan,
    data: Any,
    *,
    target: str | None = None,
    task_type: str | None = None,
    numeric: bool = False,
) -> Applied:
    """Fit a feature plan on a table and return the features of its rows.

    Parameters
    ----------
    plan, data, target, task_type, numeric
        As for `compile`.

    Returns
    -------
    Applied
        Its `table` holds the features, the target last; its `pipeline` is fitted and takes new raw rows.

    Raises
    ------
    PlanRefused
        The plan is refused at one of the four gates; its `findings` say why. It is a `UsageError`.
    """
    from planfit.agent.checking import apply_plan

    return apply_plan(plan_text(plan), data, **_named(target, task_type), numeric=numeric)


def diff(old: AnyPlan, new: AnyPlan) -> tuple[Difference, ...]:
    """Say in words what the second feature plan does otherwise than the first.

    Parameters
    ----------
    old, new : FeaturePlan, path, dict or JSON text

    Returns
    -------
    tuple of Difference
        Empty for plans of the same meaning; `sentence` is what people read.

    Raises
    ------
    UsageError
        One of them is no feature plan.

    Examples
    --------
    >>> one, other = ({"transformations": [{"column": "age", "operation": name}]} for name in ("log1p", "standard_scale"))
    >>> [difference.sentence for difference in diff(one, other)]
    ['adds standard_scale on age', 'removes log1p on age']
    """
    from planfit.plans.differences import differences

    return differences(read_plan(old), read_plan(new))


def read_plan(plan: AnyPlan) -> FeaturePlan:
    """Return a feature plan that is given in any form.

    Parameters
    ----------
    plan : FeaturePlan, path, dict or JSON text

    Raises
    ------
    UsageError
        It is no feature plan.
    """
    from planfit.plans import parse

    made, findings = parse("FeaturePlan", plan_text(plan))
    if made is None:
        named = f"{str(plan)!r}" if isinstance(plan, Path) or _is_path(plan) else "This"
        raise UsageError(
            f"{named} is no feature plan: " + " ".join(finding.sentence() for finding in findings),
            hint="`planfit check PLAN DATA` gives every finding.",
        )
    return made


def plan_document(document: Any) -> str:
    """Return a plan's document as the text of a file.

    Parameters
    ----------
    document : JSON value
    """
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _is_path(plan: Any) -> bool:
    return isinstance(plan, str) and not plan.lstrip().startswith(("{", "["))


def _named(target: Any, task_type: Any) -> dict[str, Any]:
    return {
        "target": column_name(target, "target"),
        "task_type": one_of(task_type, ("binary", "multiclass", "regression"), "task type"),
    }


def catalogue(what: Literal["operations", "models"]) -> list[dict[str, object]]:
    """Return the catalogue of operations or model families as rows, for people."""
    import planfit.plans.catalogue as rows

    return rows.operation_rows() if what == "operations" else rows.family_rows()


def family_defaults(family: str) -> dict[str, Any]:
    """Return the hyperparameters that a model family has where a plan names none; none of a family that is not known."""
    from planfit.models.registry import families

    known = families().get(family)
    return {} if known is None else known.Params().to_json()


DOCUMENTS = ("TaskPlan", "FeaturePlan", "ModelPlan", "TuningPlan", "NextStep", "trace")
"""What has a JSON Schema."""


def json_schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema of a plan kind, or of ``trace``; ``featureplan`` and ``feature-plan`` will do.

    Parameters
    ----------
    kind : str

    Raises
    ------
    UsageError
        There is no such kind.
    """
    kind = one_of_documents(kind)
    if kind == "trace":
        from planfit.trace.decisions import json_schema as trace_schema

        return trace_schema()
    from planfit import plans

    return plans.json_schema(kind)  # type: ignore[arg-type]


def one_of_documents(name: str) -> str:
    """Return the kind of document that is called so, whatever the case and the signs between its words.

    >>> one_of_documents("feature_plan")
    'FeaturePlan'
    """
    wanted = "".join(sign for sign in name if sign.isalnum()).lower()
    known = {kind.lower(): kind for kind in DOCUMENTS}
    if wanted in known:
        return known[wanted]
    from difflib import get_close_matches

    near = get_close_matches(wanted, known, 1)
    hint = f"Did you mean {known[near[0]]}?" if near else f"There are: {', '.join(DOCUMENTS)}."
    raise UsageError(f"There is no JSON Schema of {name!r}.", hint=hint)
