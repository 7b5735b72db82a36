"""A plan as a table, for notebooks. Everything in it is escaped."""

from __future__ import annotations

from html import escape
from typing import Any, Final

_HIDDEN: Final = frozenset({"version", "rationale", "transformations", "candidates", "plan", "rejected", "space"})
_LONGEST: Final = 160
_CELL: Final = "text-align:left;vertical-align:top;padding:2px 14px 2px 0"


def as_html(kind: str, document: dict[str, Any]) -> str:
    """Return a plan's document as a table of its steps, candidates or fields.

    Parameters
    ----------
    kind : str
        Of the plan, e.g. ``FeaturePlan``.
    document : dict
        The plan as JSON values.

    Examples
    --------
    >>> print(as_html("FeaturePlan", {"transformations": [{"column": "<b>", "operation": "log1p"}]})[:40])
    <div style="font-family:system-ui,sans-s
    """
    parts = [f"<b>{escape(kind)}</b>"]
    if document.get("rationale"):
        parts.append(f"<p style='margin:4px 0'>{escape(str(document['rationale']))}</p>")
    fields = {key: value for key, value in document.items() if key not in _HIDDEN and value not in (None, [], {})}
    parts.append(_table([{"field": key, "value": value} for key, value in fields.items()]))
    for name in ("transformations", "candidates", "rejected"):
        rows = document.get(name)
        if isinstance(rows, list) and rows:
            parts.append(_table([_merged(row) for row in rows if isinstance(row, dict)]))
    space = document.get("space")
    if isinstance(space, dict):
        parts.append(_table([{"parameter": key, "range": value} for key, value in space.items()]))
    inner = document.get("plan")
    if isinstance(inner, dict):
        parts.append(as_html(str(document.get("move", "plan")), inner))
    return f'<div style="font-family:system-ui,sans-serif">{"".join(parts)}</div>'


def _merged(step: dict[str, Any]) -> dict[str, Any]:
    """Return a step with its parameters in one cell, its reason last."""
    named: dict[str, Any] = {key: step[key] for key in ("operation", "family") if key in step}
    on = step.get("columns") or step.get("column")
    own = {key: value for key, value in step.items() if key not in (*named, "columns", "column", "reason")}
    inner = own.pop("params", None)
    told = {**own, **(inner if isinstance(inner, dict) else {})}
    return {**named, "on": on, "with": told, "reason": step.get("reason")}


def _table(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return ""
    heads = list(
        dict.fromkeys(key for row in rows for key in row if any(each.get(key) not in (None, [], {}) for each in rows))
    )
    top = "".join(f'<th style="{_CELL}">{escape(head)}</th>' for head in heads)
    body = "".join(
        "<tr>" + "".join(f'<td style="{_CELL}">{_cell(row.get(head))}</td>' for head in heads) + "</tr>" for row in rows
    )
    return f'<table style="border-collapse:collapse;font-size:.95em"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>'


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list) and all(not isinstance(part, dict | list) for part in value):
        text = ", ".join(map(str, value))
    elif isinstance(value, dict):
        text = ", ".join(f"{key} {part}" for key, part in value.items() if part is not None)
    else:
        text = str(value)
    return escape(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")
