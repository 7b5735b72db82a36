"""Commands that read a run: show, trace, why, why-not, tried. None needs a lock or changes anything."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from planfit.cli.options import DEFAULT_STORE, JsonOption, Ref, StoreOption
from planfit.cli.tables import print_json, print_table, table_of

if TYPE_CHECKING:
    pass


def show(ref: Ref = "latest", store: StoreOption = DEFAULT_STORE, as_json: JsonOption = False) -> None:
    """Show what a run is and what came of it."""
    import planfit
    from planfit.cli.closing import closing_text

    opened = planfit.open_run(ref, store=store)
    if as_json:
        print_json(opened.summary.to_json())
        return
    sys.stdout.write(closing_text(opened.summary))
    if not opened.leaderboard_rows:
        return
    board = table_of("candidate", "family", "features", opened.summary.metric or "score", "±", "seconds", "")
    for row in opened.leaderboard_rows[:15]:
        spread = "" if row["std"] is None else f"{row['std']:.4f}"
        mark = "delivered" if row["delivered"] else ""
        board.add_row(
            row["candidate"],
            row["family"],
            row["features"],
            f"{row['score']:.5g}",
            spread,
            f"{row['seconds']:.1f}",
            mark,
        )
    print_table(board)


def trace(
    ref: Ref = "latest",
    verify: Annotated[
        bool, typer.Option("--verify", help="Check every event, signature and file; changes nothing.")
    ] = False,
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """Show the decisions of a run in order, or check that its record is whole."""
    import planfit

    opened = planfit.open_run(ref, store=store)
    if verify:
        _verify(opened, as_json)
        return
    entries = opened.trace
    if as_json:
        print_json(entries)
        return
    from planfit.cli.decision_line import decision_line

    for entry in entries:
        sys.stdout.write(decision_line(entry) + "\n")


def why(
    ref: Ref,
    what: Annotated[
        str,
        typer.Argument(
            metavar="WHAT",
            help="A column (raw or made), an operation, a model family, a candidate, a stage, stop or delivered.",
        ),
    ],
    prompt: Annotated[bool, typer.Option("--prompt", help="Print the exact texts that led to it.")] = False,
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """Say why something was done: the reasons and figures in the record."""
    import planfit

    opened = planfit.open_run(ref, store=store)
    found = opened.why(what)
    if prompt and found and not as_json:
        _prompts(opened, found, what)
        return
    _answers(found, as_json)
    if not found:
        near = " or ".join(map(repr, opened.names_like(what)))
        raise planfit.PlanfitError(
            f"The record says nothing about {what!r}: no decision of this run speaks of it.",
            hint=f"Did you mean {near}?" if near else "`planfit why-not` answers for a model family that was not used.",
        )


def why_not(
    ref: Ref,
    family: Annotated[str, typer.Argument(metavar="FAMILY", help="A model family.")],
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """Say why a model family was not delivered: rejected, failed, or beaten."""
    import planfit

    _answers(planfit.open_run(ref, store=store).why_not(family), as_json)


def tried(
    ref: Ref = "latest",
    parameter: Annotated[str | None, typer.Argument(metavar="PARAM", help="One hyperparameter to look at.")] = None,
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """List every candidate with the parameters that differ from its family's defaults, its score and seconds."""
    import planfit

    rows = [row.to_json() for row in planfit.open_run(ref, store=store).tried(parameter)]
    if as_json:
        print_json(rows)
        return
    if parameter is not None and not rows:
        sys.stderr.write(
            f"No candidate has a parameter {parameter!r}; `planfit tried {ref}` shows those that there are.\n"
        )
        return
    from planfit.by_hand import family_defaults

    table = table_of("", "candidate", "family", "features", "score", "seconds", parameter or "parameters", "")
    for row in rows:
        params = row["params"] if isinstance(row["params"], dict) else {}
        usual = family_defaults(row["family"])
        chosen = {key: value for key, value in params.items() if key not in usual or value != usual[key]}
        shown = _value(params.get(parameter)) if parameter else _settings(chosen, params)
        score = "failed" if row["score"] is None else f"{row['score']:.5g}"
        weight = row["weight"]
        mark = "" if weight is None else "delivered" if weight == 1.0 else f"member {weight:.0%}"
        mark = ", ".join(part for part in (f"tuned from {row['parent']}" if row["parent"] else "", mark) if part)
        seconds = f"{row['seconds']:.1f}"
        entry = row["decision"] or ""
        table.add_row(entry, row["candidate"], row["family"], row["features"], score, seconds, shown, mark)
    print_table(table)


def _settings(chosen: dict[str, Any], every: dict[str, Any]) -> str:
    """Return the parameters that differ from the family's defaults."""
    if every and not chosen:
        return "defaults"
    return ", ".join(f"{name} {_value(value)}" for name, value in chosen.items())


def _value(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else "none" if value is None else str(value)


def _verify(opened: Any, as_json: bool) -> None:
    report = opened.verify()
    if as_json:
        print_json(report.to_json())
    elif report.ok:
        sys.stdout.write(
            f"{opened.id}: {report.events} events and {report.files} files fit their hashes and signatures.\n"
        )
    else:
        for problem in report.problems:
            sys.stdout.write(f"{problem}\n")
        sys.stderr.write(
            f"error: The record of {opened.id} is not whole; the first thing that does not fit: {report.problems[0]}\n"
        )
        sys.stderr.write(f"hint: `planfit resume {opened.id}` does the damaged steps again.\n")
    if not report.ok:
        raise typer.Exit(1)


def _answers(found: Any, as_json: bool) -> None:
    rows = [answer.to_json() for answer in found]
    if as_json:
        print_json(rows)
    for row in [] if as_json else rows:
        who = f"{row['by']}, {row['stage'].replace('_', ' ')}"
        sys.stdout.write(f"{row['decision'] or '':<5} {row['subject']}: {row['sentence']}  [{who}]\n")
    prompts = dict.fromkeys(row["prompt"] for row in rows if row["prompt"])
    if prompts and not as_json:
        sys.stdout.write(f"\nprompts that led to it (--prompt prints them): {', '.join(prompts)}\n")


def _prompts(opened: Any, found: Any, what: str) -> None:
    """Print each prompt that led to an answer, once."""
    paths = dict.fromkeys(answer.prompt for answer in found if answer.prompt)
    if not paths:
        sys.stderr.write(f"No prompt led to {what!r}: no planner was asked.\n")
    for path in paths:
        ids = ", ".join(dict.fromkeys(answer.decision for answer in found if answer.prompt == path))
        text = (opened.path / path).read_text(encoding="utf-8", errors="replace")
        sys.stdout.write(f"== {ids}: {path}\n{text}\n")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(show)
    app.command()(trace)
    app.command()(why)
    app.command("why-not")(why_not)
    app.command()(tried)
