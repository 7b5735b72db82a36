"""Commands that use what a run delivered: predict."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from planfit.cli.options import DATA_HELP, DEFAULT_STORE, Ref, StoreOption, listed


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


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(predict)
