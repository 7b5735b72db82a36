"""Tables and documents on stdout, alike in all commands."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from rich.table import Table

WIDTH_UNSEEN: Final = 200
"""Where nobody looks (a pipe, a file), lines are as long as they need to be, up to this."""


def table_of(*columns: str) -> Table:
    """Return an empty table without lines."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(name, overflow="fold")
    return table


def print_table(table: Table) -> None:
    """Print a table as wide as the terminal."""
    from rich.console import Console

    Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH_UNSEEN).print(table)


def print_json(document: Any) -> None:
    """Print one JSON document."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
