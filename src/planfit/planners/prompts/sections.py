"""The parts of a prompt that depend on the table and the run. Figures only: no row, no value of a personal column."""

from __future__ import annotations

import json
from collections.abc import Iterator

from planfit.planners.base import Ask
from planfit.records.profile import ColumnProfile
from planfit.records.schema import Kind
from planfit.records.scores import CandidateResult
from planfit.records.task import Task

FEWEST_ROWS_OF_A_VALUE = 5
"""A value that occurs in fewer rows is not shown."""
MOST_VALUES = 6
LONGEST_VALUE = 40
MOST_COLUMNS = 120
MOST_RESULTS = 15
MOST_EXCLUSIONS = 60
MOST_ALIKE = 10
"""Columns named of those that stay out for the same reason."""
MOST_WARNINGS = 40


def sentence(ask: Ask) -> str:
    """Return the user's sentence, quoted, and what the user fixed."""
    fixed = {name: value for name, value in ask.options.to_json().items() if value}
    lines = [json.dumps(ask.sentence, ensure_ascii=False)]
    lines += [f"given by the user, not to be changed: {name} = {_shown(value)}" for name, value in fixed.items()]
    return "\n".join(lines)


def table(ask: Ask) -> str:
    """Return the table's columns, one a line."""
    profile = ask.profile
    lines = [f"{profile.rows} rows, {len(profile.columns)} columns, {profile.duplicate_rows} duplicate rows"]
    lines.append("column | kind | missing | distinct | range or most frequent values")
    allowed = {column.name for column in ask.schema_.columns} if ask.schema_ is not None else None
    shown = [
        stats for stats in profile.statistics if allowed is None or stats.name in allowed or _is_target(ask, stats.name)
    ]
    lines += [_column(stats, _is_target(ask, stats.name)) for stats in shown[:MOST_COLUMNS]]
    if len(shown) > MOST_COLUMNS:
        kinds = sorted({stats.kind.value for stats in shown[MOST_COLUMNS:]})
        lines.append(f"... and {len(shown) - MOST_COLUMNS} more columns of kind {', '.join(kinds)}")
    lines += [f"warning: {_line(finding.sentence())}" for finding in profile.warnings[:MOST_WARNINGS]]
    if len(profile.warnings) > MOST_WARNINGS:
        lines.append(f"... and {len(profile.warnings) - MOST_WARNINGS} more warnings")
    return "\n".join(lines)


def _is_target(ask: Ask, name: str) -> bool:
    return ask.task is not None and ask.task.target == name


def _column(stats: ColumnProfile, is_target: bool) -> str:
    name = json.dumps(stats.name, ensure_ascii=False)
    return f"{name}{' (target)' if is_target else ''} | {stats.kind} | {stats.missing} | {stats.n_unique} | {_values(stats)}"


def _values(stats: ColumnProfile) -> str:
    if stats.personal:
        return f"(personal: {stats.personal}; values not shown)"
    if stats.kind is Kind.IDENTIFIER:
        return "(identifier; values not shown)"
    if stats.kind is Kind.TEXT:
        words = "" if stats.mean_words is None else f"{stats.mean_words:.1f} words on average"
        return f"(text; {words})" if words else "(text)"
    frequent = [entry for entry in stats.top if entry.count >= FEWEST_ROWS_OF_A_VALUE][:MOST_VALUES]
    if frequent and (stats.kind is not Kind.NUMERIC or stats.n_unique <= MOST_VALUES):
        return ", ".join(f"{_shown(entry.value[:LONGEST_VALUE])}: {entry.count}" for entry in frequent)
    if stats.minimum is None:
        return "-"
    parts = [f"{_number(stats.minimum)} to {_number(stats.maximum)}"]
    if stats.mean is not None:
        parts.append(f"mean {_number(stats.mean)}")
    if stats.skew is not None and abs(stats.skew) >= 1:
        parts.append(f"skew {stats.skew:.1f}")
    return ", ".join(parts)


def settled(ask: Ask) -> str:
    """Return the task as it was agreed on."""
    task = ask.task
    if task is None:
        return ""
    split = task.split.kind + (f" by {_shown(task.split.column)}" if task.split.column else "")
    better = "larger is better" if task.greater_is_better else "smaller is better"
    lines = [f"target {_shown(task.target)}, {task.task_type}, metric {task.metric} ({better}), split {split}"]
    if task.classes:
        classes = ", ".join(_shown(label) for label in task.classes[:20])
        lines.append(f"classes: {classes}" + (f", ... {len(task.classes)} in all" if len(task.classes) > 20 else ""))
    lines += _left_out(task)
    return "\n".join(lines)


def _left_out(task: Task) -> Iterator[str]:
    """Yield the columns that stay out, those of one reason together."""
    groups: dict[tuple[str, str], list[str]] = {}
    for entry in task.excluded:
        groups.setdefault((entry.code, entry.reason), []).append(entry.name)
    for (code, reason), names in list(groups.items())[:MOST_EXCLUSIONS]:
        shown = ", ".join(_shown(name) for name in names[:MOST_ALIKE])
        more = f" and {len(names) - MOST_ALIKE} more" if len(names) > MOST_ALIKE else ""
        yield f"out: {shown}{more} ({code}: {_line(reason)})"
    if len(groups) > MOST_EXCLUSIONS:
        yield f"... and {sum(map(len, list(groups.values())[MOST_EXCLUSIONS:]))} more columns are out"


def target(ask: Ask) -> str:
    """Return what the training rows say about the target."""
    seen = ask.target_profile
    if seen is None:
        return ""
    lines = [f"{seen.rows} training rows"]
    if seen.classes:
        lines.append("classes: " + ", ".join(f"{_shown(entry.value)}: {entry.count}" for entry in seen.classes[:20]))
    elif seen.mean is not None:
        lines.append(
            f"{_number(seen.minimum)} to {_number(seen.maximum)}, mean {_number(seen.mean)}, skew {_number(seen.skew)}"
        )
    ranked = sorted(seen.associations, key=lambda entry: (-entry.value, entry.column))[:20]
    if ranked:
        alone = ", ".join(f"{_shown(entry.column)} {entry.value:.3f}" for entry in ranked)
        lines.append(f"what each column alone says ({ranked[0].measure}): {alone}")
    lines += [f"suspected leak ({finding.severity}): {_line(finding.sentence())}" for finding in seen.leaks]
    lines += [f"caution: {_line(finding.sentence())}" for finding in seen.cautions]
    return "\n".join(lines)


def results(ask: Ask) -> str:
    """Return feature sets, probes, the leaderboard and the failures."""
    if ask.plan_kind == "TaskPlan":
        return ""
    lines = []
    for name, plan in ask.feature_sets:
        steps = [str(step.get("operation")) for step in plan.get("transformations", [])]
        lines.append(f"feature set {name}: {', '.join(steps) if steps else 'the raw columns'}")
    lines += [
        f"probe of {probe.child} against {probe.parent}: {probe.verdict} ({_line(probe.because)})"
        for probe in ask.probes
    ]
    lines += [_result(place, result) for place, result in enumerate(ask.leaderboard[:MOST_RESULTS], 1)]
    lines += [f"failed: {failure.spec.family} on {failure.spec.features}: {failure.cause}" for failure in ask.failures]
    for plan in ask.plans_set_aside:
        steps = [str(step.get("operation")) for step in plan.get("transformations", [])]
        lines.append(f"rolled back by a person, not to be proposed again: the feature set of {', '.join(steps)}")
    lines += [
        f"rolled back by a person, not to be proposed again: {spec.family} on {spec.features} {_shown(spec.params)}"
        for spec in ask.set_aside
    ]
    return "\n".join(lines)


def _result(place: int, result: CandidateResult) -> str:
    std = "" if result.score.std is None else f" ± {_number(result.score.std)}"
    spec = result.spec
    return f"{place}. {spec.id} {spec.family} on {spec.features} ({spec.origin}): {result.score.metric} {_number(result.score.value)}{std}"


def budget(ask: Ask) -> str:
    """Return what may still be spent."""
    if ask.plan_kind == "TaskPlan":
        return ""
    left = []
    if ask.budget.candidates is not None:
        left.append(f"{ask.budget.candidates} scored candidates, tuning trials included")
    if ask.budget.seconds is not None:
        left.append(f"{ask.budget.seconds:g} seconds")
    left.append(f"{ask.budget.patience} candidates without improvement before the search ends")
    return "; ".join(left)


def previous(ask: Ask) -> str:
    """Return the document that the findings are about."""
    return (ask.previous or "") if ask.findings else ""


def findings(ask: Ask) -> str:
    """Return the findings, one a line, with what would mend them."""
    lines = []
    for finding in ask.findings:
        mend = (
            ""
            if finding.mend is None
            else f" Patch: {json.dumps(list(finding.mend), ensure_ascii=False, sort_keys=True)}"
        )
        lines.append(f"{finding.severity} {finding.code} {_line(finding.sentence())}{mend}")
    return "\n".join(lines)


def _line(text: str) -> str:
    """Return a text on one line: names of columns stand in it, and must not begin a section."""
    return " ".join(text.split())


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _number(value: float | str | None) -> str:
    if value is None:
        return "-"
    return f"{value:.6g}" if isinstance(value, int | float) else str(value)
