"""The command line. Commands import what they need when they run, so that ``planfit --help`` stays fast."""

from __future__ import annotations

import errno
import sys
import time
from typing import Any

STARTED = time.monotonic()
"""The time limit of ``planfit run`` counts from here."""

INTERRUPTED = 130
OF_THE_SYSTEM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ENOMEM})
"""What a system refuses wherever it is asked: no fault of the program."""

import typer  # noqa: E402

from planfit.cli import catalogue, look, plans, profile, replay, report, review, runs, steer, train, use  # noqa: E402

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


for module in (train, steer, review, runs, profile, look, report, use, replay, plans, catalogue):
    module.register(app)


def main(arguments: list[str] | None = None) -> None:
    """Run the command; errors become one sentence, a hint and an exit code.

    Parameters
    ----------
    arguments : list of str or None
        What stands behind ``planfit``; from the command line when None.
    """
    from planfit.errors import PlanfitError

    given = sys.argv[1:] if arguments is None else arguments
    if not given:
        app(given)  # prints the help and leaves
    try:
        from planfit.cli.review import completed

        code = app(completed(given), standalone_mode=False)
    except PlanfitError as error:
        _say(error)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        if error.errno not in OF_THE_SYSTEM:
            raise
        _say(_refused_by_the_system(error))
        sys.exit(1)
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        _say(_wrong_call(error))
        sys.exit(2)
    if code == INTERRUPTED:  # typer, too, makes this code of an interrupt
        sys.stderr.write("Interrupted. A run that was under way goes on with `planfit resume latest`.\n")
    sys.exit(code if isinstance(code, int) else 0)


def _refused_by_the_system(error: OSError) -> Exception:
    """Return what the system refused as one sentence."""
    from planfit.errors import PlanfitError
    from planfit.store.files import explained

    try:
        with explained("planfit cannot go on"):
            raise error
    except PlanfitError as told:
        return told


def _wrong_call(error: Any) -> Exception:
    """Return what the parser has to say in the form that every error has."""
    from planfit.errors import UsageError

    context = getattr(error, "ctx", None)
    command = context.info_name if context is not None and context.info_name not in (None, "planfit") else ""
    text = " ".join(error.format_message().split()).rstrip(".").replace(": Value error, ", ": ")
    name = "planfit" if command in ("", "main", "root") else f"planfit {command}"
    return UsageError(f"{text}.", hint=f"`{name} --help` shows how it is called.")


def _say(error: Exception) -> None:
    from planfit.errors import PlanfitError

    assert isinstance(error, PlanfitError)
    sys.stderr.write(f"error: {error.message}\n")
    if error.hint:
        sys.stderr.write(f"hint: {error.hint}\n")
