"""The command that looks at a table without training: profile."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from planfit import settings
from planfit.cli.options import DATA_HELP, JsonOption, TargetOption, whole
from planfit.cli.tables import print_json

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from planfit.report.profile_facts import ColumnFact, ProfileFacts, Remark, TargetFact

MOST_COLUMNS: Final = 100
MOST_ALONE: Final = 10
PIPED_WIDTH: Final = 100
LONGEST_NAME: Final = 28
SHORTER_NAME: Final = 18


def profile(
    data: Annotated[str, typer.Argument(metavar="DATA", help=DATA_HELP)],
    target: TargetOption = None,
    task_type: Annotated[
        str | None, typer.Option(metavar="TYPE", help="Kind of task: binary, multiclass or regression.")
    ] = None,
    seed: Annotated[int, typer.Option(parser=whole, metavar="N", help="Decides what chance decides.")] = settings.SEED,
    as_json: JsonOption = False,
    html: Annotated[
        str | None, typer.Option("--html", metavar="FILE", help="Write one page with pictures that needs nothing else.")
    ] = None,
) -> None:
    """Show what DATA holds, and with --target what its training rows say about that; nothing is trained."""
    import planfit
    from planfit.report.profile_facts import facts_of

    page = None if html is None else _writable(html)
    found = planfit.profile(data, target, task_type=task_type, seed=seed)  # type: ignore[arg-type]
    if page is not None:
        _write(page, found.to_html())
    if as_json:
        print_json(found.to_json())
        return
    _print(facts_of(found.profile, found.task, found.split, found.target))
    if page is not None:
        sys.stderr.write(f"The page is {page}.\n")


def _writable(text: str) -> Path:
    """Return the path of a page, or say before any work is done that it cannot be written."""
    from planfit.errors import UsageError

    path = Path(text).expanduser()
    folder = path.parent
    if not text.strip() or path.is_dir():
        raise UsageError(f"{text!r} is no file that a page can be written to.", hint="Name one, such as profile.html.")
    if not folder.is_dir():
        raise UsageError(f"There is no folder {str(folder)!r} to write {path.name} to.", hint="Make it first.")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise UsageError(f"{text} cannot be written: permission denied.", hint="Choose another place for --html.")
    return path


def _write(path: Path, page: str) -> None:
    from planfit.errors import UsageError

    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"{path} cannot be written: {reason}.", hint="Choose another place for --html.") from error


def _print(facts: ProfileFacts) -> None:
    from rich.console import Console
    from rich.text import Text

    given = sys.stdout.isatty() or "COLUMNS" in os.environ
    console = Console(highlight=False, width=None if given else PIPED_WIDTH)
    console.print(Text(facts.origin, style="bold"))
    console.print(Text(facts.summary))
    console.print(Text(facts.kinds, style="dim"))
    console.print()
    console.print(_table(facts.columns, facts.target, console.width))
    if len(facts.columns) > MOST_COLUMNS:
        console.print(f"... and {len(facts.columns) - MOST_COLUMNS:,} more columns; --json holds all of them.")
    if facts.target is not None:
        _print_target(console, facts.target)
    _print_remarks(console, "Warnings", facts.remarks)


def _table(columns: tuple[ColumnFact, ...], target: TargetFact | None, width: int) -> Table:
    """Return the columns as a table in which only the values are cut off."""
    from rich.table import Table
    from rich.text import Text

    from planfit.report.profile_facts import percent, shortened

    measure = target.measure if target is not None else ""
    head = ["column", "kind", "missing", "distinct", *([measure] if measure else [])]
    rows = []
    for column in columns[:MOST_COLUMNS]:
        cells = [
            shortened(column.name, LONGEST_NAME if width >= PIPED_WIDTH else SHORTER_NAME),
            column.kind,
            percent(column.missing_share) if column.missing else "",
            f"{column.distinct:,}",
        ]
        if measure:
            cells.append("target" if column.is_target else "" if column.alone is None else f"{column.alone:.2f}")
        rows.append((cells, column))
    taken = sum(max(map(_cells_wide, entries)) + 2 for entries in zip(head, *(cells for cells, _ in rows), strict=True))
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for place, title in enumerate(head):
        table.add_column(title, justify="right" if place > 1 else "left", no_wrap=True)
    table.add_column("values", no_wrap=True)
    left = max(12, width - taken)
    for cells, column in rows:
        texts = (Text(cell) for cell in (*cells, shortened(column.values, left)))
        table.add_row(*texts, style="bold" if column.is_target else "")
    return table


def _cells_wide(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)


def _print_target(console: Console, target: TargetFact) -> None:
    from rich.text import Text

    from planfit.report.profile_facts import percent

    console.print()
    console.print(Text(f"Target {target.name}", style="bold"))
    for sentence in target.summary:
        console.print(Text(sentence))
    if target.bars:
        classes = ", ".join(f"{bar.label} {percent(bar.share)} ({bar.rows:,})" for bar in target.bars)
        console.print(Text(f"Classes: {classes}{f' and {target.others:,} more' if target.others else ''}"))
    if target.alone:
        telling = ", ".join(f"{name} {value:.2f}" for name, value in target.alone[:MOST_ALONE])
        console.print(Text(f"Most telling alone: {telling}"))
        console.print(Text(f"({target.measure}: {target.says})", style="dim"))
    _print_remarks(console, "Warnings about the target", target.remarks)


def _print_remarks(console: Console, title: str, remarks: tuple[Remark, ...]) -> None:
    from rich.padding import Padding
    from rich.text import Text

    if not remarks:
        return
    console.print()
    console.print(Text(title, style="bold"))
    for remark in remarks:
        text = Text(remark.code, style="bold red" if remark.severity == "error" else "yellow")
        text.append(f"  {remark.message}", style="not bold default")
        if remark.hint:
            text.append(f" {remark.hint}", style="not bold dim default")
        console.print(Padding(text, (0, 0, 0, 2), expand=False))


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(profile)
