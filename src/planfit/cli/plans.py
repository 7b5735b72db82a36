"""Commands for feature plans written by hand: check, apply, diff. None needs a run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from planfit.cli.options import DATA_HELP, JsonOption, TargetOption
from planfit.cli.tables import print_json

if TYPE_CHECKING:
    from planfit.agent.checking import Judgement

PlanArgument = Annotated[str, typer.Argument(metavar="PLAN", help="A feature plan, a JSON file.")]
DataArgument = Annotated[str, typer.Argument(metavar="DATA", help=f"The table that it is for. {DATA_HELP}")]
TypeOption = Annotated[
    str | None,
    typer.Option(metavar="TYPE", help="binary, multiclass or regression; by the target's values if not given."),
]


def check(
    plan: PlanArgument,
    data: DataArgument,
    target: TargetOption = None,
    task_type: TypeOption = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="Mend what has an obvious mend, and print the mended plan on stdout.")
    ] = False,
    out: Annotated[
        str | None, typer.Option(metavar="FILE", help="With --fix: write the mended plan here; PLAN itself will do.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Judge a feature plan against a table: everything that is wrong with it, at once."""
    from planfit.by_hand import judge

    if fix:
        _fix(plan, data, target, task_type, out, as_json)
        return
    if out is not None:
        from planfit.errors import UsageError

        raise UsageError("Only a mended plan is written to a file.", hint="Add --fix to --out.")
    judged = judge(plan, data, target=target, task_type=task_type)
    if as_json:
        print_json(_document(judged))
    else:
        sys.stdout.writelines(_lines(judged))
        sys.stdout.write(_verdict(judged) + "\n")
    if not judged.accepted:
        raise typer.Exit(1)


def _fix(plan: str, data: str, target: str | None, task_type: str | None, out: str | None, as_json: bool) -> None:
    from planfit.by_hand import mend, plan_document
    from planfit.deploy.files import write_text

    made = mend(plan, data, target=target, task_type=task_type)
    text = plan_document(made.document)
    if out is not None:
        write_text(text, out)
    if as_json:
        mended = [finding.to_json() for finding in made.taken]
        print_json({**_document(made.judgement), "mended": mended, "plan": made.document})
    else:
        if out is None:
            sys.stdout.write(text)
        sys.stderr.writelines(
            f"mended {finding.code}: {finding.path or 'the document'}: {finding.message}\n" for finding in made.taken
        )
        sys.stderr.writelines(_lines(made.judgement))
        sys.stderr.write(f"{_number(len(made.taken), 'mend')} taken. {_verdict(made.judgement)}\n")
    if not made.judgement.accepted:
        raise typer.Exit(1)


def _document(judged: Judgement) -> dict[str, Any]:
    findings = [finding.to_json() for finding in judged.findings]
    return {"accepted": judged.accepted, "findings": findings, "gates": list(judged.gates)}


def _lines(judged: Judgement) -> list[str]:
    return [f"{finding.severity} {finding.code}: {finding.sentence()}\n" for finding in judged.findings]


def _verdict(judged: Judgement) -> str:
    if judged.accepted:
        return f"The plan is accepted at all gates: {', '.join(judged.gates)}."
    errors = sum(finding.refuses for finding in judged.findings)
    return f"The plan is refused at gate {judged.gates[-1]}: {_number(errors, 'error')}."


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def apply(
    plan: PlanArgument,
    data: DataArgument,
    out: Annotated[str, typer.Option(metavar="FILE", help="The table of features: .parquet, .csv or .tsv.")],
    target: TargetOption = None,
    task_type: TypeOption = None,
    pipeline: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="The fitted pipeline; beside the table, as NAME.pipeline.joblib, if not given."
        ),
    ] = None,
    numeric: Annotated[
        bool, typer.Option("--numeric", help="Make numbers without gaps of what the plan leaves; needs --target.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Fit a feature plan on a table and write its features and the fitted pipeline; the target, if named, comes last.

    What looks at the target is cross-fitted, so that a model may learn from the table. Files of those names are replaced.
    """
    import planfit
    from planfit.deploy.files import apart_from, write_pipeline
    from planfit.deploy.predict import write_predictions, written_to

    table = written_to(out, "Features")
    beside = Path(pipeline).expanduser() if pipeline is not None else table.with_suffix(".pipeline.joblib")
    apart_from((table, beside), (plan, data))
    made = planfit.apply(plan, data, target=target, task_type=task_type, numeric=numeric)
    write_pipeline(made.pipeline, beside)
    write_predictions(made.table, table, called="Features")
    rows, columns = made.table.shape
    warnings = [finding.to_json() for finding in made.findings]
    if as_json:
        print_json({
            "table": str(table.absolute()), "pipeline": str(beside.absolute()), "rows": rows, "columns": columns,
            "left_out": made.left_out, "findings": warnings,
        })  # fmt: skip
        return
    sys.stderr.writelines(f"{finding.severity} {finding.code}: {finding.sentence()}\n" for finding in made.findings)
    if made.left_out:
        sys.stderr.write(f"{_number(made.left_out, 'row')} without a target left out\n")
    sys.stderr.write(f"{rows:,} rows of {columns:,} columns written to {table}\n")
    sys.stderr.write(f"The fitted pipeline is {beside}: joblib.load reads it, transform takes raw rows.\n")


def diff(
    old: Annotated[str, typer.Argument(metavar="PLAN", help="A feature plan.")],
    new: Annotated[str, typer.Argument(metavar="PLAN", help="The one to compare with it.")],
    as_json: JsonOption = False,
) -> None:
    """Say in words what the second feature plan does otherwise than the first."""
    import planfit

    found = planfit.diff(old, new)
    if as_json:
        print_json([each.to_json() for each in found])
        return
    sys.stdout.writelines(f"{each.sentence}\n" for each in found)
    if not found:
        sys.stdout.write("Both plans do the same.\n")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(check)
    app.command()(apply)
    app.command()(diff)
