"""The parts of a prompt that depend on the table and the run. Figures only: no row, no value of a personal column."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from planfit.planners.base import Ask
from planfit.records.scores import CandidateResult
from planfit.records.task import Task

MOST_RESULTS = 15
MOST_EXCLUSIONS = 60
MOST_ALIKE = 10
"""Columns named of those that stay out for the same reason."""
MOST_ALONE = 20
"""Columns of which it is told how much they say alone."""
MOST_STEPS = 12
"""Steps of a feature set that are named."""
MOST_SCREENED = 8
MOST_BY_RULE = 16
LONGEST_PREVIOUS = 4_000
"""Characters of an answer that is shown again."""
MOST_FINDINGS = 20
MOST_KNOWLEDGE = 4_000
"""Characters of the user's knowledge."""


def sentence(ask: Ask) -> str:
    """Return the user's sentence, quoted, and what the user fixed."""
    fixed = {name: value for name, value in ask.options.to_json().items() if value}
    lines = [json.dumps(ask.sentence, ensure_ascii=False)]
    lines += [f"given by the user, not to be changed: {name} = {_shown(value)}" for name, value in fixed.items()]
    return "\n".join(lines)


def knowledge(text: str) -> str:
    """Return what the user knows of the matter, quoted."""
    return json.dumps(text[:MOST_KNOWLEDGE], ensure_ascii=False) if text.strip() else ""


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
    ranked = sorted(seen.associations, key=lambda entry: (-entry.value, entry.column))[:MOST_ALONE]
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
        steps = [_step(step) for step in plan.get("transformations", [])]
        more = f", ... {len(steps)} steps in all" if len(steps) > MOST_STEPS else ""
        lines.append(f"feature set {name}: {', '.join(steps[:MOST_STEPS]) + more if steps else 'the raw columns'}")
    if not ask.by_rule:  # else they are told among those
        lines += [
            f"a quick model leaned on: {_step(dict(entry.steps[0]))} ({entry.gain:.1%} of its gain)"
            for entry in ask.screening[:MOST_SCREENED]
        ]
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


def by_rule(ask: Ask) -> str:
    """Return the steps that are made in any case, with what speaks for those that were looked for."""
    if not ask.by_rule:
        return ""
    gains = {_plain(entry.steps[0]): entry for entry in ask.screening}
    lines = ["made first and tried whatever you answer; your steps are added behind them"]
    for step in ask.by_rule[:MOST_BY_RULE]:
        into = f" into {_shown(step['into'])}" if step.get("into") else ""
        seen = gains.get(_plain(step))
        why = (
            ""
            if seen is None
            else f": {seen.gain:.1%} of a quick model's gain, at least {seen.least:.1%} on other rows"
        )
        lines.append(f"{_step(step)}{into}{why}")
    if len(ask.by_rule) > MOST_BY_RULE:
        lines.append(f"... {len(ask.by_rule)} steps in all")
    return "\n".join(lines)


def _plain(step: Mapping[str, Any]) -> str:
    return json.dumps({key: value for key, value in step.items() if key != "reason"}, sort_keys=True)


def _step(step: dict[str, Any]) -> str:
    columns = step.get("columns") or step.get("column") or ()
    names = [columns] if isinstance(columns, str) else list(columns)
    shown = ", ".join(_shown(name) for name in names[:4]) + (", ..." if len(names) > 4 else "")
    return f"{step.get('operation')}({shown})"


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
    text = (ask.previous or "") if ask.findings else ""
    if len(text) > LONGEST_PREVIOUS:
        return f"{text[:LONGEST_PREVIOUS]}\n... {len(text)} characters in all"
    return text


def noticed(ask: Ask) -> str:
    """Return what was noticed about earlier answers, one a line, each thing once."""
    return "\n".join(
        dict.fromkeys(f"{finding.code}: {_line(finding.having(path='').sentence())}" for finding in ask.noticed)
    )


def findings(ask: Ask) -> str:
    """Return the findings, one a line, with what would mend them."""
    lines = []
    for finding in ask.findings[:MOST_FINDINGS]:
        mend = (
            ""
            if finding.mend is None
            else f" Patch: {json.dumps(list(finding.mend), ensure_ascii=False, sort_keys=True)}"
        )
        lines.append(f"{finding.severity} {finding.code} {_line(finding.sentence())}{mend}")
    if len(ask.findings) > MOST_FINDINGS:
        lines.append(f"... and {len(ask.findings) - MOST_FINDINGS} more")
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
