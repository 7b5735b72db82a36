"""How a run and its report show themselves in a notebook: small, escaped, in the notebook's own colours."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any, Final

from planfit.records.run import RunSummary
from planfit.report.html import Html, code, el, joined
from planfit.report.words import figure, metric_name, seconds, spread

MOST_ROWS: Final = 8
TALL: Final = 820
"""Pixels of the frame that a report is shown in."""
_STYLE: Final = "border:1px solid rgba(128,128,128,.35);border-radius:8px;padding:12px 16px;max-width:760px;font-family:system-ui,sans-serif"
_CELL: Final = "text-align:left;padding:2px 14px 2px 0"


class Report(str):
    """The report as Markdown text; in a notebook it shows itself as the page."""

    page: str | None = None

    @classmethod
    def of(cls, text: str, page: str | None) -> Report:
        """Return a report.

        Parameters
        ----------
        text : str
            The Markdown.
        page : str or None
            The same as a page, where it was written.
        """
        made = cls(text)
        made.page = page
        return made

    def _repr_html_(self) -> str | None:
        return None if self.page is None else framed(self.page)

    def _repr_markdown_(self) -> str:
        return str(self)


def framed(page: str) -> str:
    """Return a page in a frame of its own, which may run nothing and lead nowhere."""
    style = f"width:100%;height:{TALL}px;border:1px solid rgba(128,128,128,.35);border-radius:8px"
    return f'<iframe sandbox="" title="planfit report" style="{style}" srcdoc="{escape(page)}"></iframe>'


def card(summary: RunSummary, rows: Sequence[dict[str, Any]]) -> str:
    """Return a run in a few lines, with its leaderboard."""
    name = metric_name(summary.metric) if summary.metric else "score"
    head = joined([el("b", summary.run_id), f" · {summary.status} · {seconds(summary.seconds)}"])
    what = (
        el("p", "predicts ", code(summary.target), f" ({summary.task_type})", style="margin:6px 0")
        if summary.target
        else None
    )
    return str(el("div", head, what, _score(summary, name), _board(rows, name), style=_STYLE))


def _score(summary: RunSummary, name: str) -> Html | None:
    if summary.holdout is not None:
        held = summary.holdout
        told = (
            f"{name} on {held['rows']:,} untouched rows (95 % interval {figure(held['low'])} to {figure(held['high'])})"
        )
        value = held["score"]
    elif summary.cv is not None:
        told, value = f"{name} in cross-validation", summary.cv["score"]
    else:
        return None
    floor = f"; guessing: {figure(summary.baseline)}" if summary.baseline is not None else ""
    return el("p", el("b", figure(value), style="font-size:1.5em"), f" {told}{floor}", style="margin:6px 0")


def _board(rows: Sequence[dict[str, Any]], name: str) -> Html | None:
    if not rows:
        return None
    top = el("tr", [el("th", title, style=_CELL) for title in ("candidate", "family", "features", name, "")])
    body = [
        el("tr", [el("td", cell, style=_CELL) for cell in
                  (row["candidate"], row["family"], row["features"], spread(row["score"], row["std"]), "delivered" if row["delivered"] else "")])
        for row in rows[:MOST_ROWS]
    ]  # fmt: skip
    return el("table", el("thead", top), el("tbody", body), style="border-collapse:collapse;font-size:.95em")
