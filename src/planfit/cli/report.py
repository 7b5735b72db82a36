"""The command that finds a run's report, or tells the record anew, also of a run that has not ended."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from planfit.cli.options import DEFAULT_STORE, Ref, StoreOption


def report(
    ref: Ref = "latest",
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Tell the record anew, as a page (.html) or Markdown (.md)."),
    ] = None,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Say where a run's report is, or write one from the record; works while a run is going."""
    import planfit
    from planfit.store.files import explained

    opened = planfit.open_run(ref, store=store)
    if out is None:
        written = opened.written_reports()
        if not written:
            raise planfit.UsageError(
                f"Run {opened.id} has no report yet; its status is {opened.status}.",
                hint=f"`planfit report {opened.id} --out report.html` tells what there is.",
            )
        for path in written:
            sys.stdout.write(f"{path.resolve()}\n")
        return
    if out.suffix not in (".html", ".md"):
        raise planfit.UsageError(
            f"A report is a page or Markdown. Got {out.name!r}.", hint="End the name in .html or .md."
        )
    text = opened.render("page" if out.suffix == ".html" else "markdown")
    with explained(f"{out} cannot be written"):
        out.write_text(text, encoding="utf-8", errors="replace")
    sys.stderr.write(f"Written: {out}\n")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(report)
