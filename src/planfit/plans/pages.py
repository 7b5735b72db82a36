"""The docs of the catalogues, a page a theme, generated: ``docs/operations/*.md`` and ``docs/models.md``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from planfit.plans.catalogue import first_sentence
from planfit.plans.details import FamilyDetails, OperationDetails, Parameter, family_details, operation_details
from planfit.plans.features import catalogue
from planfit.plans.validate_models import known_families

_THEMES: Final[dict[str, str]] = {
    "imputing": "What to do about missing values.",
    "scaling": "Numbers brought to a common range or shape.",
    "categories": "Names of things turned into numbers, or into fewer names.",
    "numbers": "New numbers from numbers.",
    "time": "What lies in dates and times.",
    "text": "What lies in texts.",
    "groups": "A row beside others like it, several columns of a row, places.",
    "reduction": "Fewer columns.",
    "expression": "A formula of your own.",
}
"""What a theme is about; one that is not listed here has a page all the same."""
_GENERATED: Final = "This page is generated from the code (`make schemas`)."


def pages() -> dict[str, str]:
    """Return every page by its path below ``docs/``."""
    by_theme: dict[str, list[OperationDetails]] = {}
    for name, operation in catalogue().items():
        by_theme.setdefault(operation.theme or "further", []).append(operation_details(name))
    made = {f"operations/{theme}.md": _theme_page(theme, some) for theme, some in by_theme.items()}
    return {"operations/README.md": _index(by_theme), **made, "models.md": _models_page()}


def _index(by_theme: dict[str, list[OperationDetails]]) -> str:
    known = catalogue()
    lines = [
        "# Operations",
        "",
        "What a feature plan may do to a table. [Writing a plan by hand](../writing-a-plan.md) says how a plan is put together;",
        f"`planfit operations NAME` shows the same as these pages. {_GENERATED}",
        "",
        "Examples are about the table `customers.csv`, which this makes:",
        "",
        "```python",
        "from planfit.testing.customers import customers",
        "",
        'customers().to_csv("customers.csv", index=False)',
        "```",
        "",
        "Save an example as `plan.json`, then:",
        "",
        "```sh",
        "planfit check plan.json customers.csv --target churned",
        "planfit apply plan.json customers.csv --target churned --out features.parquet",
        "```",
    ]
    for theme, some in by_theme.items():
        lines += [
            "",
            f"## [{theme}]({theme}.md)",
            "",
            *_intro(theme),
            "| operation | takes | what it does |",
            "| --- | --- | --- |",
        ]
        for entry in some:
            does = _cell(first_sentence(known[entry.operation]))
            lines.append(f"| [`{entry.operation}`]({theme}.md#{entry.operation}) | {entry.takes} | {does} |")
    return "\n".join(lines) + "\n"


def _intro(theme: str) -> list[str]:
    return [_THEMES[theme], ""] if theme in _THEMES else []


def _theme_page(theme: str, entries: list[OperationDetails]) -> str:
    lines = [f"# Operations: {theme}", "", *_intro(theme), f"{_GENERATED} [All operations](README.md)"]
    for entry in entries:
        lines += ["", f"## {entry.operation}", "", entry.text, "", *_facts(entry), "", *_table(entry.parameters)]
        lines += [f"Example; it makes {_made(entry)}:" if entry.makes else "Example:", "", *_code(entry.example)]
    return "\n".join(lines) + "\n"


def _made(entry: OperationDetails) -> str:
    return ", ".join(f"`{name}`" for name in entry.makes)


def facts(entry: OperationDetails) -> list[tuple[str, str]]:
    """Return what is to know of an operation beside its text, as pairs of a word and what is said.

    Parameters
    ----------
    entry : OperationDetails
    """
    learns = "from the training rows"
    if entry.looks_at_target:
        learns += " and their targets" + (", cross-fitted" if entry.cross_fitted else "")
    return [
        ("takes", entry.takes),
        ("effect", entry.effect),
        ("learns", learns if entry.learns else "nothing"),
        ("ONNX", "yes" if entry.exports_onnx else "no"),
    ]


def _facts(entry: OperationDetails) -> list[str]:
    return [f"- {word}: {said}" for word, said in facts(entry)]


def _table(parameters: Iterable[Parameter]) -> list[str]:
    rows = [
        f"| `{one.name}` | {_cell(one.allowed)} | {_default(one)} | {_cell(one.description)} |" for one in parameters
    ]
    if not rows:
        return []
    return ["| parameter | allowed | default | meaning |", "| --- | --- | --- | --- |", *rows, ""]


def _default(parameter: Parameter) -> str:
    if parameter.default is None:
        return "must be given"
    return parameter.default if parameter.in_words else f"`{parameter.default}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _code(document: Mapping[str, Any]) -> list[str]:
    return ["```json", compact(document), "```"]


def compact(document: Mapping[str, Any]) -> str:
    """Return a plan as people write it: a step a line.

    Parameters
    ----------
    document : dict
        Of one field, a list.

    Examples
    --------
    >>> print(compact({"transformations": [{"column": "age", "operation": "log1p"}]}))
    {"transformations": [
      {"column": "age", "operation": "log1p"}
    ]}
    """
    ((name, entries),) = document.items()
    lines = ",\n".join(f"  {json.dumps(entry, ensure_ascii=False)}" for entry in entries)
    return f"{{{json.dumps(name)}: [\n{lines}\n]}}"


def _models_page() -> str:
    lines = [
        "# Model families",
        "",
        "What a model plan may train; `planfit models NAME` shows the same, and whether a family is installed.",
        _GENERATED,
    ]
    for name in known_families():
        lines += _family(family_details(name))
    return "\n".join(lines) + "\n"


def _family(entry: FamilyDetails) -> list[str]:
    return [
        "", f"## {entry.family}", "", entry.text, "",
        f"- tasks: {', '.join(entry.tasks)}", f"- ONNX: {'yes' if entry.exports_onnx else 'no'}", "",
        *_table(entry.parameters), "Example:", "", *_code(entry.example),
    ]  # fmt: skip
