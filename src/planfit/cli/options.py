"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from planfit.data.sources.address import KINDS
from planfit.settings import STORE

Ref = Annotated[str, typer.Argument(metavar="RUN", help="Run id, a unique prefix of one, a path, or latest.")]
StoreOption = Annotated[str, typer.Option("--store", metavar="DIR", help="Folder that runs are kept in.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout and nothing else.")]
QuietOption = Annotated[bool, typer.Option("-q", "--quiet", help="Say nothing while it runs.")]
TargetOption = Annotated[str | None, typer.Option("--target", metavar="COLUMN", help="The column to predict.")]

DATA_HELP = f"{KINDS}; a Parquet folder; sqlite:///FILE?table=NAME; BOOK.xlsx#SHEET; - for stdin."
"""Kinds of tables, for the help of DATA."""
DEFAULT_STORE = STORE


def listed(text: str | None) -> tuple[str, ...]:
    """Return a comma-separated list as names."""
    return tuple(part.strip() for part in text.split(",") if part.strip()) if text else ()


def whole(text: str) -> int | str:
    """Return a whole number; anything else stays what it is, for the face to refuse in its own words."""
    try:
        return int(text)
    except ValueError:
        return text
