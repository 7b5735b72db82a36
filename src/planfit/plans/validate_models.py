"""Gate ``schema`` for model plans and tuning plans: against the catalogue of families and what was scored."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from pydantic import ValidationError

from planfit.models.base import Family
from planfit.plans.checks import Check, check
from planfit.plans.codes import finding, listed, nearest, pointer, replacing, shown
from planfit.plans.document_schema import at, in_words
from planfit.plans.models import ModelPlan, PlannedCandidate
from planfit.plans.problems import About, findings_of
from planfit.plans.tuning import PlannedDimension, TuningPlan
from planfit.records.findings import Finding
from planfit.records.task import Task


@dataclass(frozen=True)
class CandidateView:
    """One planned candidate."""

    path: str
    candidate: PlannedCandidate
    allowed: tuple[str, ...]
    """Families that this run may use."""
    task: Task
    feature_sets: tuple[str, ...] | None
    """None: any name will do."""

    @property
    def family(self) -> Family | None:
        return known_families().get(self.candidate.family)


def known_families() -> Mapping[str, Family]:
    """Return the catalogue; loaded on first use."""
    from planfit.models.registry import families

    return families()


@cache
def params_schema(family: str) -> dict[str, Any]:
    """Return the JSON Schema of a family's hyperparameters."""
    return known_families()[family].Params.model_json_schema()


@check("unknown-family", "family-missing", "task-not-supported", "family-not-allowed")
def family_is_there(view: CandidateView) -> Iterator[Finding]:
    """The family is known, installed, fit for the task and allowed."""
    name, family, path = view.candidate.family, view.family, view.path + "/family"
    allowed = listed(view.allowed)
    if family is None:
        near = nearest(name, view.allowed) or nearest(name, known_families())
        mend = None if near is None else replacing(path, near)
        message = f"There is no model family {shown(name)}."
        yield finding("unknown-family", path, message, allowed=allowed, nearest=near, mend=mend)
    elif not family.installed:
        hint = None if family.extra is None else f"Install it with `pip install 'planfit[{family.extra}]'`."
        message = f"{name} needs {family.module}, which is not installed."
        yield finding("family-missing", path, message, allowed=allowed, hint=hint)
    elif view.task.task_type not in family.tasks:
        message = f"{name} does not solve {view.task.task_type} tasks."
        yield finding("task-not-supported", path, message, allowed=allowed)
    elif name not in view.allowed:
        message = f"{name} is not among the families that this run may use."
        yield finding("family-not-allowed", path, message, allowed=allowed)


@check("unknown-field", "wrong-type", "out-of-bounds")
def params_are_valid(view: CandidateView) -> Iterator[Finding]:
    """The hyperparameters are the family's, and inside their bounds."""
    family = view.family
    if family is None:
        return
    params = view.candidate.params
    try:
        family.Params.model_validate(params)
    except ValidationError as error:
        about = About(params, params_schema(view.candidate.family), view.candidate.family, view.path + "/params")
        yield from findings_of(error, about)


@check("unknown-feature-set")
def feature_set_exists(view: CandidateView) -> Iterator[Finding]:
    """The feature set was made, and not rolled back."""
    name, known = view.candidate.features, view.feature_sets
    if name is None or known is None or name in known:
        return
    path = view.path + "/features"
    near = nearest(name, known)
    mend = None if near is None else replacing(path, near)
    message = f"There is no feature set {shown(name)}."
    yield finding("unknown-feature-set", path, message, allowed=listed(known), nearest=near, mend=mend)


CHECKS: Final[tuple[Check[CandidateView], ...]] = (family_is_there, params_are_valid, feature_set_exists)


def check_models(
    plan: ModelPlan, families: Collection[str], task: Task, *, feature_sets: Collection[str] | None = None
) -> tuple[Finding, ...]:
    """Judge a model plan.

    Parameters
    ----------
    plan : ModelPlan
    families : collection of str
        Names that this run may use.
    task : Task
    feature_sets : collection of str or None
        Names that a candidate may use; None: not judged.
    """
    sets = None if feature_sets is None else tuple(feature_sets)
    found: list[Finding] = []
    seen: dict[str, int] = {}
    for place, candidate in enumerate(plan.candidates):
        view = CandidateView(pointer("candidates", place), candidate, tuple(families), task, sets)
        found += [each for look in CHECKS for each in look(view)]
        same = repr(candidate.model_dump(exclude={"reason"}))
        if same in seen:
            message = f"Candidate {place + 1} is the same as candidate {seen[same] + 1}."
            found.append(finding("no-effect", view.path, message))
        seen.setdefault(same, place)
    return tuple(found)


@dataclass(frozen=True)
class TuningView:
    """A tuning plan beside what was scored."""

    plan: TuningPlan
    candidates: Mapping[str, str]
    """Families of the scored candidates by id."""

    @property
    def family(self) -> str | None:
        return self.candidates[self.plan.candidate] if self.plan.candidate in self.tunable else None

    @property
    def tunable(self) -> tuple[str, ...]:
        """Candidates that are single models with hyperparameters."""
        known = known_families()
        return tuple(
            name
            for name, family in self.candidates.items()
            if family in known and family != "baseline" and known[family].Params.model_fields
        )

    def dimensions(self) -> Iterator[tuple[str, str, PlannedDimension, dict[str, Any]]]:
        """Yield (path, name, dimension, schema of the hyperparameter) of what the family knows."""
        if self.family is None or not self.plan.space:
            return
        fields = params_schema(self.family).get("properties", {})
        for name, dimension in self.plan.space.items():
            if name in fields:
                yield pointer("space", name), name, dimension, at(params_schema(self.family), (name,), {name: None})


@check("unknown-candidate", "cannot-be-tuned")
def candidate_can_be_tuned(view: TuningView) -> Iterator[Finding]:
    """The candidate was scored, and is a single model with hyperparameters."""
    name, path = view.plan.candidate, "/candidate"
    if name not in view.candidates:
        near = nearest(name, view.tunable)
        mend = None if near is None else replacing(path, near)
        message = f"There is no scored candidate {shown(name)}."
        allowed = listed(view.tunable) or "nothing that could be tuned was scored yet"
        yield finding("unknown-candidate", path, message, allowed=allowed, nearest=near, mend=mend)
    elif view.family is None:
        message = f"{name} is a candidate of family {view.candidates[name]}, which has nothing to tune."
        yield finding("cannot-be-tuned", path, message, allowed=listed(view.tunable) or None)


@check("unknown-field")
def dimensions_are_known(view: TuningView) -> Iterator[Finding]:
    """Every dimension is a hyperparameter of the family."""
    if view.family is None:
        return
    fields = list(params_schema(view.family).get("properties", {}))
    for name in view.plan.space or {}:
        if name not in fields:
            path = pointer("space", name)
            near = nearest(name, [field for field in fields if field not in (view.plan.space or {})])
            mend = None if near is None else ({"op": "move", "from": path, "path": pointer("space", near)},)
            message = f"{view.family} has no hyperparameter {shown(name)}."
            yield finding("unknown-field", path, message, allowed=listed(fields), nearest=near, mend=mend)


@check("space-outside")
def dimensions_are_inside(view: TuningView) -> Iterator[Finding]:
    """No dimension leaves the bounds of its hyperparameter."""
    for path, name, dimension, schema in view.dimensions():
        allowed = in_words(params_schema(view.family or ""), schema)
        if dimension.type == "float" and schema.get("type") == "integer":
            message = f"`{name}` of {view.family} is a whole number, and its dimension is of type float."
            yield finding(
                "space-outside", path + "/type", message, allowed="int", mend=replacing(path + "/type", "int")
            )
            continue
        values = [(f"{path}/choices/{place}", value) for place, value in enumerate(dimension.choices)]
        values += [(f"{path}/{end}", value) for end, value in (("low", dimension.low), ("high", dimension.high))
                   if value is not None]  # fmt: skip
        for where, value in values:
            if not _fits(view.family or "", name, value):
                message = f"`{name}` of {view.family} cannot be {shown(value)}."
                yield finding("space-outside", where, message, allowed=allowed)


def _fits(family: str, name: str, value: Any) -> bool:
    try:
        known_families()[family].Params.model_validate({name: value})
    except ValidationError as error:
        # What other hyperparameters say to it is for a whole candidate to tell
        return not any(line["loc"][:1] == (name,) for line in error.errors(include_url=False))
    return True


TUNING_CHECKS: Final[tuple[Check[TuningView], ...]] = (
    candidate_can_be_tuned,
    dimensions_are_known,
    dimensions_are_inside,
)


def check_tuning(plan: TuningPlan, candidates: Mapping[str, str]) -> tuple[Finding, ...]:
    """Judge a tuning plan.

    Parameters
    ----------
    plan : TuningPlan
    candidates : mapping of str to str
        Families of the scored candidates by id.
    """
    view = TuningView(plan, candidates)
    return tuple(found for look in TUNING_CHECKS for found in look(view))
