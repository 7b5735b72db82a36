"""Options that several commands share."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from planfit.data.sources.address import KINDS
from planfit.settings import STORE

Ref = Annotated[str, typer.Argument(metavar="RUN", help="Run id, a unique prefix of one, a path, or latest.")]
StoreOption = Annotated[str, typer.Option("--store", metavar="DIR", help="Folder that runs are kept in.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout and nothing else.")]
QuietOption = Annotated[bool, typer.Option("-q", "--quiet", help="Say nothing while it runs.")]
TargetOption = Annotated[str | None, typer.Option("--target", metavar="COLUMN", help="The column to predict.")]

PANEL = "Language models"
BaseUrlOption = Annotated[
    str | None,
    typer.Option("--base-url", metavar="URL", help="Where the language model is.", rich_help_panel=PANEL),
]
KnowledgeOption = Annotated[
    str | None,
    typer.Option(metavar="TEXT|FILE", help="What you know of the matter; quoted to it.", rich_help_panel=PANEL),
]
PrivacyOption = Annotated[
    str, typer.Option(metavar="schema|profile|samples", help="What it may see of the table.", rich_help_panel=PANEL)
]
ForkPrivacyOption = Annotated[
    str | None,
    typer.Option("--privacy", metavar="schema|profile|samples", help="What it may see.", rich_help_panel=PANEL),
]
RedactOption = Annotated[
    str | None, typer.Option(metavar="A,B", help="Columns whose names stay here too.", rich_help_panel=PANEL)
]
FallbackOption = Annotated[
    str | None, typer.Option(metavar="expert", help="Who takes over where it fails.", rich_help_panel=PANEL)
]
SmallModelOption = Annotated[
    bool, typer.Option("--small-model", help="It only chooses among a few legal options.", rich_help_panel=PANEL)
]
AnswerWithinOption = Annotated[
    str | None, typer.Option(metavar="TIME", help="How long one call may take.", rich_help_panel=PANEL)
]
MaxCallsOption = Annotated[
    int | None,
    typer.Option(parser=lambda text: whole(text), metavar="N", help="Calls at the most.", rich_help_panel=PANEL),
]
MaxTokensOption = Annotated[
    int | None,
    typer.Option(
        parser=lambda text: whole(text), metavar="N", help="Tokens at the most, in and out.", rich_help_panel=PANEL
    ),
]
MaxCostOption = Annotated[
    str | None, typer.Option(metavar="USD", help="US dollars at the most.", rich_help_panel=PANEL)
]
PriceOption = Annotated[
    str | None,
    typer.Option(metavar="IN,OUT", help="Its price: US dollars for a million tokens.", rich_help_panel=PANEL),
]

DATA_HELP = f"{KINDS}; a Parquet folder; sqlite:///FILE?table=NAME; BOOK.xlsx#SHEET; - for stdin."
"""Kinds of tables, for the help of DATA."""
DEFAULT_STORE = STORE


def listed(text: str | None) -> tuple[str, ...]:
    """Return a comma-separated list as names."""
    return tuple(part.strip() for part in text.split(",") if part.strip()) if text else ()


def somebody_answers(as_json: bool) -> bool:
    """Say whether a person sits at the terminal who can be asked."""
    return sys.stdin is not None and sys.stdin.isatty() and not as_json


def whole(text: str) -> int | str:
    """Return a whole number; anything else stays what it is, for the face to refuse in its own words."""
    try:
        return int(text)
    except ValueError:
        return text
