"""The command that carries a recorded run out again: replay."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from planfit.cli.options import DATA_HELP, DEFAULT_STORE, JsonOption, QuietOption, Ref, StoreOption
from planfit.cli.tables import print_json


def replay(
    ref: Ref,
    data: Annotated[str, typer.Argument(metavar="DATA", help=f"The table of the run. {DATA_HELP}")],
    out: Annotated[
        str | None, typer.Option(metavar="DIR", help="Keep the replayed run in this store; else it is removed.")
    ] = None,
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Carry a run out again from its record, with no network and no clock, and say where it differs, if it does."""
    import planfit
    from planfit.cli.display import Display
    from planfit.cli.main import STARTED

    with Display(quiet=quiet or (as_json and not sys.stderr.isatty()), started=STARTED) as display:
        found = planfit.replay(ref, data, out=out, store=store, on_event=display)
    if as_json:
        print_json(found.to_json())
    elif found.equal:
        sys.stdout.write(f"Equal: {found.compared} steps and answers, and the predictions for {found.rows:,} rows.\n")
    else:
        sys.stdout.write(f"Different: {found.difference}.\n")
    if not found.equal:
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(replay)
