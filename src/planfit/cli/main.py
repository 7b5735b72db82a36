"""The command line. Commands import what they need when they run, so that ``planfit --help`` stays fast."""

from __future__ import annotations

import sys
import time

STARTED = time.monotonic()
"""The time limit of ``planfit run`` counts from here."""

INTERRUPTED = 130

import typer  # noqa: E402

from planfit.cli import catalogue, look, train, use  # noqa: E402

app = typer.Typer(
    name="planfit",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="One sentence and one table in; a trained model, its pipeline, a report and a complete decision record out.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def _root(version: bool = typer.Option(False, "--version", help="Print the version and exit.")) -> None:
    if version:
        from planfit import __version__

        typer.echo(__version__)
        raise typer.Exit


for module in (train, look, use, catalogue):
    module.register(app)


def main(arguments: list[str] | None = None) -> None:
    """Run the command; errors become one sentence, a hint and an exit code.

    Parameters
    ----------
    arguments : list of str or None
        What stands behind ``planfit``; from the command line when None.
    """
    from planfit.errors import PlanfitError

    try:
        app(arguments)
    except PlanfitError as error:
        _say(error)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, SystemExit) as end:
        if isinstance(end, SystemExit) and end.code != INTERRUPTED:  # typer makes an exit code of an interrupt
            raise
        sys.stderr.write("Interrupted. `planfit resume latest` goes on where it stopped.\n")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


def _say(error: Exception) -> None:
    from planfit.errors import PlanfitError

    assert isinstance(error, PlanfitError)
    sys.stderr.write(f"error: {error.message}\n")
    if error.hint:
        sys.stderr.write(f"hint: {error.hint}\n")
