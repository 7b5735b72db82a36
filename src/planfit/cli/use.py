"""Commands that use what is there: predict, check."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from planfit.cli.options import DATA_HELP, DEFAULT_STORE, JsonOption, Ref, StoreOption, TargetOption, listed


def predict(
    ref: Ref,
    data: Annotated[str, typer.Argument(metavar="DATA", help=f"Raw rows. {DATA_HELP}")],
    proba: Annotated[bool, typer.Option("--proba", help="Probabilities of the classes instead of labels.")] = False,
    out: Annotated[
        str | None, typer.Option(metavar="FILE", help="A CSV or Parquet file; stdout when not given.")
    ] = None,
    keep: Annotated[str | None, typer.Option(metavar="A,B", help="Columns of DATA to put in front.")] = None,
    trust: Annotated[bool, typer.Option("--trust", help="Load a model that this user did not train.")] = False,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Predict for the rows of DATA, in their order."""
    import planfit
    from planfit.deploy.predict import predict_file, write_predictions

    made = predict_file(planfit.load(ref, trust=trust, store=store), data, proba=proba, keep=listed(keep))
    write_predictions(made, out)
    if out is not None:
        sys.stderr.write(f"{len(made):,} rows written to {out}\n")


def check(
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="A feature plan, a JSON file.")],
    data: Annotated[str, typer.Argument(metavar="DATA", help=f"The table that it is for. {DATA_HELP}")],
    target: TargetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge a feature plan against a table: everything that is wrong with it, at once."""
    import planfit

    findings = planfit.check(plan, data, target=target)
    refused = any(finding.refuses for finding in findings)
    if as_json:
        document = {"accepted": not refused, "findings": [finding.to_json() for finding in findings]}
        sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
    else:
        for finding in findings:
            sys.stdout.write(f"{finding.severity} {finding.code}: {finding.sentence()}\n")
        sys.stdout.write("The plan is refused.\n" if refused else "The plan is accepted.\n")
    if refused:
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(predict)
    app.command()(check)
