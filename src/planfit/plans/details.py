"""One operation or model family in full, for people: what it does, its parameters, an example that runs as it stands."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from planfit.errors import UsageError
from planfit.models.base import Family
from planfit.models.meanings import left_open, meaning
from planfit.operations.base import Operation
from planfit.plans.catalogue import installed, kinds_of, number_of_columns, plain_default
from planfit.plans.codes import listed, nearest
from planfit.plans.document_schema import in_words
from planfit.plans.examples import SAMPLE_COLUMNS, example_plan
from planfit.plans.features import SHARED, FeaturePlan, catalogue
from planfit.plans.resolve import resolve
from planfit.plans.validate_models import known_families, params_schema
from planfit.records.canonical import Record
from planfit.records.schema import Schema
from planfit.records.task import SplitSpec, Task

SAMPLE_TASK = Task(
    sentence="Predict churned", target="churned", task_type="binary", metric="roc_auc", greater_is_better=True,
    classes=("no", "yes"), positive_class="yes", split=SplitSpec(kind="stratified"),
)  # fmt: skip
"""What is predicted on the table that examples are about."""


class Parameter(Record):
    """One parameter."""

    name: str
    allowed: str
    default: str | None
    """As JSON writes it; None: it must be given."""
    description: str
    in_words: bool = False
    """Whether there is no such value, and `default` says in words what holds instead."""


class OperationDetails(Record):
    """An operation as people read of it."""

    operation: str
    theme: str
    text: str
    """Its docstring: paragraphs with an empty line between."""
    takes: str
    effect: str
    learns: bool
    looks_at_target: bool
    cross_fitted: bool
    exports_onnx: bool
    parameters: tuple[Parameter, ...]
    example: dict[str, Any]
    """A plan of one step for the sample table."""
    makes: tuple[str, ...]
    """The columns that the example makes; ``city=*`` stands for as many as the data ask for."""


class FamilyDetails(Record):
    """A model family as people read of it."""

    family: str
    text: str
    installed: str
    tasks: tuple[str, ...]
    exports_onnx: bool
    parameters: tuple[Parameter, ...]
    example: dict[str, Any]
    """A model plan of one candidate."""


def operation_details(name: str) -> OperationDetails:
    """Return an operation in full.

    Parameters
    ----------
    name : str

    Raises
    ------
    UsageError
        There is no such operation.

    Examples
    --------
    >>> operation_details("ratio").makes
    ('debt/income',)
    """
    operation = _known(catalogue(), name, "operation")
    example = example_plan([name])
    step = resolve(FeaturePlan.model_validate(example), Schema(columns=SAMPLE_COLUMNS), SAMPLE_TASK).steps[0]
    root = operation.model_json_schema(by_alias=True)
    own = {key: body for key, body in root["properties"].items() if key not in SHARED}
    return OperationDetails(
        operation=name,
        theme=operation.theme,
        text=_paragraphs(operation),
        takes=" ".join(part for part in (number_of_columns(operation), kinds_of(operation)) if part),
        effect=_effect(operation),
        learns=operation.learns,
        looks_at_target=operation.uses_target,
        cross_fitted=operation.cross_fitted,
        exports_onnx=operation.exports_onnx,
        parameters=tuple(_parameters(root, own)),
        example=example,
        makes=() if operation.keeps_only else tuple(column.name for column in step.outputs),
    )


def family_details(name: str) -> FamilyDetails:
    """Return a model family in full.

    Parameters
    ----------
    name : str

    Raises
    ------
    UsageError
        There is no such family.

    Examples
    --------
    >>> family_details("linear").example["candidates"][0]["family"]
    'linear'
    """
    family: Family = _known(known_families(), name, "model family")
    root = params_schema(name)
    parameters = tuple(_hyperparameter(name, one) for one in _parameters(root, root.get("properties", {})))
    defaults = family.Params().to_json()
    shown = next(({key: value} for key, value in defaults.items() if value is not None), {})
    return FamilyDetails(
        family=name,
        text=_paragraphs(type(family)),
        installed=installed(family),
        tasks=tuple(sorted(family.tasks)),
        exports_onnx=family.exports_onnx,
        parameters=parameters,
        example={"candidates": [{"family": name, **({"params": shown} if shown else {})}]},
    )


def _known(there: Mapping[str, Any], name: str, what: str) -> Any:
    if name not in there:
        near = nearest(name, there)
        hint = f"Did you mean {near!r}?" if near else f"There are: {listed(there, 100)}."
        raise UsageError(f"There is no {what} {name!r}.", hint=hint)
    return there[name]


def _parameters(root: dict[str, Any], fields: dict[str, Any]) -> Iterable[Parameter]:
    for name, body in fields.items():
        yield Parameter(
            name=name,
            allowed=in_words(root, body) or "any value",
            default=_default(body),
            description=body.get("description", ""),
            in_words="default" in body and body["default"] is None,
        )


def _default(body: dict[str, Any]) -> str | None:
    if "default" not in body:
        return None
    return "none" if body["default"] is None else plain_default(body["default"])


def _hyperparameter(family: str, one: Parameter) -> Parameter:
    """Return a parameter of a family with what is known of it beside its schema."""
    default = left_open(one.name) if one.in_words else one.default
    return one.having(default=default, description=one.description or meaning(family, one.name))


def _effect(operation: type[Operation]) -> str:
    if operation.keeps_only:
        return "removes every other column"
    if operation.model_fields["operation"].default == "drop":
        return "removes its columns"
    return "replaces its columns" if operation.replaces else "adds to its columns"


def _paragraphs(documented: type) -> str:
    """Return a docstring as paragraphs of one line each."""
    text = inspect.cleandoc(documented.__doc__ or "")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
