"""Rows as Markdown: who is ahead, and each system on each table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from comparing.rows import Key, Row, Standing, Summary, by_table, summaries

LEGEND = (
    "Ranks and regret are of the scores on the test rows. Regret: 0 is the best system of the table, 100 the constant predictor.\n"
    "A system that failed counts as the constant predictor. Time: seconds of the fit, where it returned, against the limit.\n"
    "Memory: the most that all processes of the system held together, shared pages once, MiB."
)


def markdown(rows: Iterable[Row], ahead: Mapping[Key, float] | None = None) -> str:
    """Return everything that the rows say, a section for each limit; `ahead` is by how much planfit is ahead of a row."""
    rows = list(rows)
    parts = ["# planfit beside others", LEGEND]
    for limit in sorted({row.limit for row in rows}):
        tables = by_table(row for row in rows if row.limit == limit)
        parts += [
            f"## {limit:g} seconds",
            summary_table(summaries(tables), len(tables)),
            score_table(tables),
            *ahead_table(tables, ahead or {}),
            detail_table(tables),
        ]
    parts += ["## Versions", version_list(rows)]
    return "\n\n".join(parts) + "\n"


def summary_table(found: Sequence[Summary], tables: int) -> str:
    """Return a line for each system."""
    if not found:
        return "No table has a row of every system yet."
    head = [
        "system",
        "mean rank",
        "median regret",
        "best on",
        "failures",
        "time (median)",
        "time (most)",
        "memory",
        "one row, ms",
        "1,000 rows, ms",
    ]
    lines = [
        [
            each.system, f"{each.mean_rank:.2f}", f"{each.median_regret:.1f}", str(each.best), str(each.failures), _share(each.time_share),
            _share(each.longest_share), f"{each.memory:.0f}", _ms(each.one_row_ms), _ms(each.batch_ms),
        ]
        for each in found
    ]  # fmt: skip
    return f"Over the {found[0].tables} of {tables} tables on which every system has run:\n\n" + _grid(head, lines)


def score_table(tables: dict[str, list[Standing]]) -> str:
    """Return scores side by side, ranks in brackets."""
    systems = sorted({standing.row.system for each in tables.values() for standing in each})
    lines = []
    for table, each in tables.items():
        row = each[0].row
        of = {standing.row.system: standing for standing in each}
        cells = [f"{of[name].row.counted:.4g} ({of[name].rank:g})" if name in of else "-" for name in systems]
        lines.append([table, row.metric, f"{row.constant:.4g}", *cells])
    return _grid(["table", "metric", "constant", *systems], lines)


def ahead_table(tables: dict[str, list[Standing]], ahead: Mapping[Key, float]) -> list[str]:
    """Return by how many standard errors planfit is ahead of the others, table by table, and the counts."""
    systems = sorted(
        {standing.row.system for each in tables.values() for standing in each if standing.row.key in ahead}
    )
    if not systems:
        return []
    of = {(table, one.row.system): ahead.get(one.row.key) for table, each in tables.items() for one in each}
    lines = [[table, *(signed(of.get((table, name))) for name in systems)] for table in tables]
    found = {name: [value for table in tables if (value := of.get((table, name))) is not None] for name in systems}
    counts = [f"{sum(x > 1 for x in found[name])} / {sum(x < -1 for x in found[name])}" for name in systems]
    said = (
        "By how many standard errors of the difference planfit is ahead (paired bootstrap over the test rows); the last line counts\n"
        "the tables on which it is ahead or behind by more than one:"
    )
    return [said, _grid(["table", *systems], [*lines, ["ahead / behind", *counts]])]


def signed(value: float | None) -> str:
    """Return a number of standard errors with its sign."""
    return "-" if value is None else f"{value:+.1f}"


def detail_table(tables: dict[str, list[Standing]]) -> str:
    """Return a line for each system on each table."""
    head = ["table", "system", "score", "rank", "regret", "time", "memory", "one row, ms", "1,000 rows, ms", "failure"]
    lines = []
    for table, each in tables.items():
        for standing in each:
            row = standing.row
            share = None if row.fit_seconds is None else row.fit_seconds / row.limit
            score = "failed" if row.score is None else f"{row.score:.5g}"
            lines.append(
                [
                    table,
                    row.system,
                    score,
                    f"{standing.rank:g}",
                    f"{standing.regret:.1f}",
                    _share(share),
                    f"{row.memory:.0f}",
                    _ms(row.one_row_ms),
                    _ms(row.batch_ms),
                    _short(row.failure or row.speed_failure),
                ]
            )
    return _grid(head, lines)


def version_list(rows: Iterable[Row]) -> str:
    """Return the versions that were met, one line for each system and set of versions."""
    met = {
        f"- {row.system}: " + ", ".join(f"{name} {version}" for name, version in row.versions.items())
        for row in rows
        if row.versions
    }
    return "\n".join(sorted(met)) or "None known."


def _grid(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rule = ["---", *["---:" if name not in {"metric", "system", "failure"} else "---" for name in head[1:]]]
    return "\n".join("| " + " | ".join(line) + " |" for line in (head, rule, *lines))


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _short(text: str) -> str:
    """Return the last line of a failure, fit for a cell."""
    last = text.strip().splitlines()[-1] if text.strip() else ""
    return last.replace("|", "/")[:160]
