"""The feature plan: an ordered list of transformations."""

from __future__ import annotations

from typing import Annotated, Any, Final, get_args

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

from planfit.operations.base import Operation
from planfit.plans.base import Plan

SHARED: Final = tuple(field.alias or name for name, field in Operation.model_fields.items())
"""What every transformation may have beside its operation's own parameters."""
MOST_STEPS: Final = 1_000
_KNOWN_ERRORS: Final = frozenset(get_args(core_schema.ErrorType)) - {"value_error", "assertion_error"}


def catalogue() -> dict[str, type[Operation]]:
    """Return the operations by name; loaded on first use."""
    from planfit.operations.registry import operations

    return dict(operations())


def read_step(value: Any) -> Operation:
    """Return the transformation that `value` describes, by its ``operation``."""
    if isinstance(value, Operation):
        return value
    if not isinstance(value, dict):
        raise PydanticCustomError("model_type", "a transformation is an object")
    if "operation" not in value:
        raise _refused([InitErrorDetails(type="missing", loc=("operation",), input=value)])
    name = value["operation"]
    if not isinstance(name, str):
        raise _refused([InitErrorDetails(type="string_type", loc=("operation",), input=name)])
    kind = catalogue().get(name)
    if kind is None:
        unknown = PydanticCustomError("unknown_operation", "unknown operation")
        raise _refused([InitErrorDetails(type=unknown, loc=("operation",), input=name)])
    wrong = _wrong_columns(kind, value)
    try:
        step = kind.model_validate(value)
    except ValidationError as error:
        raise _refused([*_details(error), *wrong]) from None
    if wrong:
        raise _refused(wrong)
    return step


def _wrong_columns(kind: type[Operation], value: dict[Any, Any]) -> list[InitErrorDetails]:
    one, many = value.get("column") is not None, value.get("columns") is not None
    wrong: str | None = None
    if one and many:
        wrong = "ambiguous_columns"
    elif not one and not many and kind.fewest_columns > 0:
        wrong = "missing_columns"
    elif one and value.get("except"):
        wrong = "except_beside_column"
    return [] if wrong is None else [InitErrorDetails(type=PydanticCustomError(wrong, wrong), loc=(), input=value)]


def _refused(details: list[InitErrorDetails]) -> ValidationError:
    return ValidationError.from_exception_data("transformation", details)


def _details(error: ValidationError) -> list[InitErrorDetails]:
    """Return an error's lines in the form that a further error can be made of."""
    lines = []
    for line in error.errors(include_url=False):
        kind = line["type"]
        if kind in _KNOWN_ERRORS:
            lines.append(InitErrorDetails(type=kind, loc=line["loc"], input=line["input"], ctx=line.get("ctx", {})))
        else:
            custom = PydanticCustomError(kind, line["msg"].replace("{", "(").replace("}", ")"), line.get("ctx"))
            lines.append(InitErrorDetails(type=custom, loc=line["loc"], input=line["input"]))
    return lines


def step_document(step: Operation) -> dict[str, Any]:
    """Return a transformation as a document: its parameters complete, what is empty of the shared fields left out."""
    document = step.model_dump(mode="json", by_alias=True)
    return {name: value for name, value in document.items() if name not in SHARED or value not in (None, [], ())}


def step_meaning(step: Operation) -> dict[str, Any]:
    """Return what a transformation does."""
    return {
        "operation": step.operation,
        "operation_version": type(step).version,
        "columns": [step.column] if step.column is not None else list(step.columns or ()),
        "except": sorted(set(step.except_)),
        "into": step.into,
        "removes_sources": step.removes_sources,
        "parameters": step.parameters(),
    }


class _OfTheCatalogue:
    """Makes a pydantic field of "whatever the catalogue holds": a static union could not take plug-ins."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            read_step, serialization=core_schema.plain_serializer_function_ser_schema(step_document)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        union: list[dict[str, Any]] = []
        mapping: dict[str, str] = {}
        for name, operation in catalogue().items():
            entry = handler(operation.__pydantic_core_schema__)
            _say_what_is_needed(handler.resolve_ref_schema(entry), operation)
            union.append(entry)
            if "$ref" in entry:
                mapping[name] = entry["$ref"]
        discriminator = {"propertyName": "operation", **({"mapping": mapping} if mapping else {})}
        return {"oneOf": union, "discriminator": discriminator}


def _say_what_is_needed(body: dict[str, Any], operation: type[Operation]) -> None:
    """Put into an operation's JSON schema what its validator asks for beyond the fields."""
    fields = body["properties"]
    if operation.fewest_columns == 0:  # names its columns in a text
        for name in ("column", "columns", "except"):
            del fields[name]
    else:
        fields["columns"]["anyOf"] = [*fields["columns"]["anyOf"][:1], {"type": "string"}, {"type": "null"}]
    body["required"] = ["operation", *(name for name in body.get("required", ()) if name != "operation")]
    if operation.fewest_columns > 0:
        body["oneOf"] = [{"required": ["column"]}, {"required": ["columns"]}]


Transformation = Annotated[Operation, _OfTheCatalogue]


class FeaturePlan(Plan):
    """An ordered list of transformations. Each names `column` or `columns` (names or selectors such as `@numeric`),
    an `operation` and its parameters. A step sees the columns that the earlier ones left; columns that no step names
    pass through. What a model family needs merely to accept a column it adds itself."""

    transformations: tuple[Transformation, ...] = Field(max_length=MOST_STEPS)

    def meaning(self) -> dict[str, Any]:
        """Return what the plan does; ``column`` and a list of one are the same, defaults are filled in."""
        return {"kind": "FeaturePlan", "transformations": [step_meaning(step) for step in self.transformations]}
