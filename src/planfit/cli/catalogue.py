"""Commands about planfit itself: operations, models, schema, doctor."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from planfit.cli.options import DEFAULT_STORE, BaseUrlOption, JsonOption, StoreOption

if TYPE_CHECKING:
    from planfit.plans.details import Parameter


NameArgument = Annotated[str | None, typer.Argument(metavar="NAME", help="One of them, in full, with an example.")]


def operations(name: NameArgument = None, as_json: JsonOption = False) -> None:
    """List the transformations that a feature plan may use, or show one with its parameters and an example."""
    from planfit.by_hand import catalogue

    if name is None:
        _print_catalogue(catalogue("operations"), as_json)
        return
    from planfit.plans.details import operation_details
    from planfit.plans.pages import facts

    entry = operation_details(name)
    if as_json:
        _json(entry.to_json())
        return
    made = f"Example; it makes {', '.join(entry.makes)}:" if entry.makes else "Example:"
    _print_entry(entry.operation, entry.text, facts(entry), entry.parameters, made, entry.example)


def models(name: NameArgument = None, as_json: JsonOption = False) -> None:
    """List the model families that a model plan may use, and whether each is installed, or show one in full."""
    from planfit.by_hand import catalogue, family_defaults

    if name is None:
        rows = catalogue("models")
        if not as_json:  # bounds are for planners; a person sees the names and the values that are set
            rows = [{**row, "parameters": _named(family_defaults(str(row["family"])))} for row in rows]
        _print_catalogue(rows, as_json)
        return
    from planfit.plans.details import family_details

    entry = family_details(name)
    if as_json:
        _json(entry.to_json())
        return
    facts = [
        ("installed", entry.installed),
        ("tasks", ", ".join(entry.tasks)),
        ("ONNX", "yes" if entry.exports_onnx else "no"),
    ]
    _print_entry(entry.family, entry.text, facts, entry.parameters, "Example of a model plan:", entry.example)


def schema(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND", help="TaskPlan, FeaturePlan, ModelPlan, TuningPlan, NextStep or trace, in any case."
        ),
    ],
) -> None:
    """Print the JSON Schema of a kind of document."""
    from planfit.by_hand import json_schema

    sys.stdout.write(json.dumps(json_schema(kind), ensure_ascii=False, indent=2) + "\n")


def doctor(
    ask: Annotated[
        list[str] | None,
        typer.Option(metavar="PROVIDER:MODEL", help="Make tiny calls to this language model; may be given again."),
    ] = None,
    base_url: BaseUrlOption = None,
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """Say whether planfit can work here: versions, cores, memory, workers, store, key, language models."""
    from planfit.doctor import examine, try_out

    found = examine(store)
    for name in ask or ():
        found += try_out(name, base_url)
    if as_json:
        sys.stdout.write(json.dumps([entry.to_json() for entry in found], ensure_ascii=False, indent=2) + "\n")
    else:
        for entry in found:
            mark = "BAD" if not entry.ok else "ok " if entry.there else "-  "
            sys.stdout.write(f"{mark}  {entry.name:<14} {entry.found}\n")
            if not entry.ok and entry.hint:
                sys.stdout.write(f"     {'':<14} hint: {entry.hint}\n")
    if not all(entry.ok for entry in found):
        raise typer.Exit(1)


def _named(defaults: dict[str, object]) -> str:
    """Return parameters with the defaults that they have: ``C, max_iter 200``."""
    return ", ".join(name if value is None else f"{name} {value}" for name, value in defaults.items())


def _print_entry(
    name: str, text: str, facts: list[tuple[str, str]], parameters: Sequence[Parameter], led_by: str, example: Any
) -> None:
    """Print one entry of a catalogue: text, facts, parameters, and an example that can be copied as it stands."""
    from textwrap import fill

    from planfit.plans.pages import compact

    text = text.replace("``", "`")
    lines = [name, "", *(fill(paragraph, 100) + "\n" for paragraph in text.split("\n\n"))]
    lines += [f"{word + ':':<11}{said}" for word, said in facts]
    for one in parameters:
        default = "must be given" if one.default is None else f"default {one.default}"
        lines += ["", f"{one.name}: {one.allowed} ({default})"]
        lines += (
            [fill(one.description, 100, initial_indent="    ", subsequent_indent="    ")] if one.description else []
        )
    lines += ["", led_by, "", compact(example)]
    sys.stdout.write("\n".join(lines) + "\n")


def _json(document: Any) -> None:
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def _print_catalogue(rows: list[dict[str, object]], as_json: bool) -> None:
    if as_json:
        _json(rows)
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in rows[0]:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(str(value).replace("``", "`") for value in row.values()))
    Console(highlight=False, width=None if sys.stdout.isatty() else 160).print(table)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(operations)
    app.command()(models)
    app.command()(schema)
    app.command()(doctor)
