"""Commands that change the course of a run: stop, rollback."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from planfit.cli.options import DEFAULT_STORE, JsonOption, Ref, StoreOption

if TYPE_CHECKING:
    from planfit.runs import Run


def stop(
    ref: Ref = "latest",
    now: Annotated[bool, typer.Option("--now", help="Leave at once; nothing is delivered, resume goes on.")] = False,
    wait: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.0, help="Wait for its end for so long at the most.")
    ] = 0.0,
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """Ask a run that is going elsewhere to finish with the best so far."""
    import planfit

    asked = planfit.stop(ref, now=now, wait=wait, store=store)
    if as_json:
        _json(asked)
        return
    done = asked.status
    what = "leave at once" if now else "finish with the best so far"
    sys.stderr.write(f"Run {asked.id} was asked to {what}; it is {done}.\n")


def rollback(
    ref: Ref,
    to: Annotated[
        str, typer.Option(metavar="STATE", help="features/v1, candidates/c004, or the number of an event.")
    ],
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """Go back to an earlier state of a run; nothing is deleted, and resume goes on from there."""
    import planfit
    from planfit.paths import command

    back = planfit.rollback(ref, to, store=store)
    if as_json:
        _json(back)
        return
    sys.stderr.write(f"Run {back.id} stands at {to} again; what came later is set aside, not deleted.\n")
    sys.stdout.write(command("resume", back.id, store=back.path.parent) + "\n")


def _json(run: Run) -> None:
    sys.stdout.write(json.dumps(run.summary.to_json(), ensure_ascii=False, indent=2) + "\n")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(stop)
    app.command()(rollback)
