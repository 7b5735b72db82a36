"""A profile as one page: no script, nothing from elsewhere, readable in light and dark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from planfit.amounts import counted
from planfit.report.look import document
from planfit.report.profile_facts import Bar, ColumnFact, ProfileFacts, Remark, TargetFact, percent

MOST_COLUMNS: Final = 400
"""Columns that have a card; a page of more would not open."""
MOST_ALONE: Final = 25
WIDTH, HEIGHT = 240, 56

_STYLE: Final = """
main { max-width: 1180px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 1.6rem; margin: 0; overflow-wrap: anywhere; } h2 { font-size: 1.15rem; margin: 34px 0 10px; }
.faint { color: var(--faint); } p { margin: 4px 0; }
.remarks { list-style: none; margin: 0; padding: 0; }
.remarks li { background: var(--warn-ground); border-left: 4px solid var(--warn); padding: 7px 12px; margin: 6px 0; border-radius: 3px; overflow-wrap: anywhere; }
.remarks li.error { background: var(--error-ground); border-color: var(--error); }
.code { color: var(--warn); font: 600 12px ui-monospace, monospace; margin-right: 8px; } .error .code { color: var(--error); }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(270px, 1fr)); gap: 12px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 12px 14px; min-width: 0; }
.card.target { border-color: var(--strong); border-width: 2px; }
.card h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; } .kind { font-size: 12px; color: var(--faint); }
.missing { color: var(--warn); } svg { display: block; width: 100%; height: auto; margin-top: 8px; }
svg rect { fill: var(--bar); } .ends { display: flex; justify-content: space-between; font-size: 12px; color: var(--faint); }
table { border-collapse: collapse; width: 100%; font-size: 13px; margin-top: 6px; }
td { padding: 1px 0; vertical-align: top; overflow-wrap: anywhere; } td.n { text-align: right; white-space: nowrap; padding-left: 8px; font-variant-numeric: tabular-nums; }
td.b { width: 34%; padding-left: 8px; vertical-align: middle; } td.b svg { margin: 0; height: 9px; }
td.l { color: var(--faint); white-space: nowrap; padding-right: 10px; } td.l + td { text-align: right; font-variant-numeric: tabular-nums; }
.alone { max-width: 640px; } .alone td.b { width: 55%; } .scale svg { background: var(--line); border-radius: 2px; }
""".strip()


def render(facts: ProfileFacts) -> str:
    """Return the page of a profile.

    Parameters
    ----------
    facts : ProfileFacts
        As `profile_facts.facts_of` gave them.
    """
    title = escape(facts.origin)
    body = [
        f"<h1>{title}</h1>", f"<p>{escape(facts.summary)}</p>", f'<p class="faint">{escape(facts.kinds)}</p>',
        *_remarks("What to look at", facts.remarks, "Nothing about this table calls for caution."),
        *(_target(facts.target) if facts.target is not None else ()), *_cards(facts.columns),
    ]  # fmt: skip
    lines = "\n".join(body)
    return document(f"{facts.origin}: profile", _STYLE, f"<main>{lines}</main>")


def _remarks(title: str, remarks: Sequence[Remark], nothing: str) -> Iterable[str]:
    yield f"<h2>{title}</h2>"
    if not remarks:
        yield f'<p class="faint">{nothing}</p>'
        return
    yield '<ul class="remarks">'
    for remark in remarks:
        hint = f' <span class="faint">{escape(remark.hint)}</span>' if remark.hint else ""
        yield (
            f'<li class="{escape(remark.severity)}"><span class="code">{escape(remark.code)}</span>'
            f"{escape(remark.message)}{hint}</li>"
        )
    yield "</ul>"


def _target(target: TargetFact) -> Iterable[str]:
    yield f"<h2>The target: {escape(target.name)}</h2>"
    yield from (f"<p>{escape(sentence)}</p>" for sentence in target.summary)
    if target.bars:
        yield f'<div class="alone">{_bars(target.bars, target.others)}</div>'
    yield from _remarks("What to look at in the target", target.remarks, "Nothing suspicious was found.")
    if target.alone:
        yield "<h2>What each column alone says about the target</h2>"
        yield f'<p class="faint">{escape(target.says[:1].upper() + target.says[1:])}.</p>'
        floor = 0.5 if target.measure == "auc" else 0.0
        rows = [
            f'<tr><td>{escape(name)}</td><td class="b">{_line((value - floor) / (1 - floor))}</td><td class="n">{value:.3f}</td></tr>'
            for name, value in target.alone[:MOST_ALONE]
        ]
        yield f'<table class="alone scale">{"".join(rows)}</table>'
        if len(target.alone) > MOST_ALONE:
            yield f'<p class="faint">and {len(target.alone) - MOST_ALONE:,} more that say less</p>'


def _cards(columns: Sequence[ColumnFact]) -> Iterable[str]:
    yield "<h2>Columns</h2>"
    if any(column.histogram for column in columns):
        yield (
            '<p class="faint">Histograms run from the 1 % to the 99 % quantile of numbers; what lies outside is counted in '
            "the bars at their ends.</p>"
        )
    yield '<div class="cards">'
    yield from map(_card, columns[:MOST_COLUMNS])
    yield "</div>"
    if len(columns) > MOST_COLUMNS:
        left = counted(len(columns) - MOST_COLUMNS, "more column")
        yield f'<p class="faint">and {left}; <code>planfit profile --json</code> holds all of them</p>'


def _card(column: ColumnFact) -> str:
    missing = (
        f' · <span class="missing">{percent(column.missing_share)} missing ({column.missing:,})</span>'
        if column.missing
        else ""
    )
    role = " · <strong>target</strong>" if column.is_target else ""
    distinct = counted(column.distinct, "value")
    parts = [
        f'<div class="card{" target" if column.is_target else ""}">',
        f'<h3>{escape(column.name)}</h3><div class="kind">{column.kind} · {distinct}{missing}{role}</div>',
    ]
    if column.histogram and column.ends:
        low, high = map(escape, column.ends)
        parts.append(f'{_histogram(column.histogram)}<div class="ends"><span>{low}</span><span>{high}</span></div>')
    elif column.bars and column.kind != "constant":
        parts.append(_bars(column.bars, column.others))
    else:
        parts.append(f"<p>{escape(column.values)}</p>")
    if column.figures:
        rows = "".join(
            f'<tr><td class="l">{escape(label)}</td><td>{escape(text)}</td></tr>' for label, text in column.figures
        )
        parts.append(f"<table>{rows}</table>")
    return "".join([*parts, "</div>"])


def _histogram(counts: Sequence[int]) -> str:
    """Return bars that stand; the highest fills the height, and what is there at all can be seen."""
    step, highest = WIDTH / len(counts), max(counts)
    bars = []
    for place, count in enumerate(counts):
        height = max(1.0, HEIGHT * count / highest) if count else 0.0
        bars.append(
            f'<rect x="{place * step:.1f}" y="{HEIGHT - height:.1f}" width="{step - 1:.1f}" height="{height:.1f}">'
            f"<title>{counted(count, 'row')}</title></rect>"
        )
    label = f"histogram of {len(counts)} bars"
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">{"".join(bars)}</svg>'


def _bars(bars: Sequence[Bar], others: int) -> str:
    longest = max(bar.share for bar in bars) or 1.0
    rows = [
        f'<tr><td>{escape(bar.label) or "<em>empty</em>"}</td><td class="b">{_line(bar.share / longest)}</td>'
        f'<td class="n">{bar.rows:,}</td><td class="n faint">{percent(bar.share)}</td></tr>'
        for bar in bars
    ]
    more = f'<p class="kind">and {counted(others, "more value")}</p>' if others > 0 else ""
    return f"<table>{''.join(rows)}</table>{more}"


def _line(share: float) -> str:
    """Return a bar that lies."""
    width = 100 * min(1.0, max(0.0, share))
    return (
        '<svg viewBox="0 0 100 9" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="{width:.1f}" height="9"></rect></svg>'
    )
