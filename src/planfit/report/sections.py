"""The later sections of the report: candidates, features, models, importance, time, use, files."""

from __future__ import annotations

from collections import Counter
from typing import Final

from planfit.records.scores import CandidateResult, Probe
from planfit.report import words
from planfit.report.commands import use_python, use_shell
from planfit.report.escape import code, codes, prose, shell, table, text
from planfit.report.run_facts import FeatureFact, RefusedFact, RunFacts, StepFact
from planfit.report.words import counted, figure

MOST_ROWS: Final = 30
"""Rows of a table that a person still reads."""


def leaderboard(facts: RunFacts) -> list[str]:
    """Return every candidate, best first, those that failed last."""
    if not facts.candidates and not facts.failures:
        return []
    delivered = facts.delivered
    members = dict(delivered.members) if delivered is not None else {}
    rows = []
    for place, name in enumerate(facts.ranked, 1):
        result = facts.candidate(name)
        assert result is not None  # ranked names are those of candidates
        mark = "**delivered**" if delivered is not None and name == delivered.candidate else ""
        if not mark and name in members:
            mark = f"member, {members[name]:.0%}"
        if result.given_up:
            mark = "given up after its first fold"
        elif result.cut:
            mark = f"{mark}, cut short".lstrip(", ")
        rows.append(_row(str(place), result, mark))
    for failure in facts.failures:
        again = f"; tried again on {text(failure.retried_as)}" if failure.retried_as else ""
        why = f"failed: {words.CAUSES[failure.cause]}. {text(failure.detail)}{again}"
        spec = failure.spec
        rows.append(
            ("", code(spec.id), code(spec.family), code(spec.features), "—", f"{failure.seconds:.1f}", spec.origin, why)
        )
    head = ("", "candidate", "family", "features", "score", "seconds", "from", "")
    return ["## Candidates", "", *table(head, rows, right=(0, 4, 5))]


def _row(place: str, result: CandidateResult, mark: str) -> tuple[str, ...]:
    spec, score = result.spec, result.score
    features = "—" if spec.members else code(spec.features)
    origin = f"tuning of {code(spec.parent)}" if spec.parent else spec.origin
    return (
        place,
        code(spec.id),
        code(spec.family),
        features,
        words.spread(score.value, score.std),
        f"{result.seconds:.1f}",
        origin,
        mark,
    )


def features(facts: RunFacts) -> list[str]:
    """Return each feature set with its steps, reasons and what the probe said, then the plans that were refused."""
    lines = ["## Features", ""]
    if not facts.features:
        lines.append("The models use the columns as they are (`v0`); each family adds what it needs to accept them.")
    else:
        lines.append("`v0` stands for the columns as they are; each family adds what it needs to accept them.")
    for made in facts.features:
        lines += ["", *_feature_set(made)]
    if facts.screened:
        rows = [
            (f"{code(entry.operation)} of {codes(entry.columns)}", f"{entry.gain:.1%}", f"{entry.least:.1%}",
             "kept" if entry.kept else "left")
            for entry in facts.screened[:MOST_ROWS]
        ]  # fmt: skip
        lines += ["", "### Columns that were looked for", ""]
        lines.append(
            "How much two quick models on different rows leaned on each: mean share of the gain, and the smaller one."
        )
        lines += ["", *table(("column", "share", "at least", ""), rows, right=(1, 2))]
    if facts.refused:
        lines += ["", "### Plans that were refused", ""]
        for refused in facts.refused:
            lines += _refused(refused)
    return lines


def _feature_set(made: FeatureFact) -> list[str]:
    width = ""
    if made.columns_in is not None and made.columns_out is not None:
        width = f" ({counted(made.columns_in, 'column')} in, {made.columns_out:,} out)"
    lines = [f"### {text(made.name)}: {made.verdict}{width}", ""]
    if made.rationale:
        lines += [prose(made.rationale), ""]
    rows = [
        (str(place), code(_call(step)), codes(step.columns), text(step.reason or ""))
        for place, step in enumerate(made.steps, 1)
    ]
    lines += table(("", "operation", "columns", "reason"), rows, right=(0,)) if rows else ["It has no steps."]
    return [*lines, "", *_probe(made.probe)] if made.probe is not None else lines


def _call(step: StepFact) -> str:
    inside = ", ".join(f"{key}={value}" for key, value in step.parameters.items())
    return f"{step.operation}({inside})" if inside else step.operation


def _probe(probe: Probe) -> list[str]:
    if probe.verdict == "skipped":
        return [f"Not probed. {prose(probe.because)}"]
    against = (
        f"{words.metric_name(probe.metric)} {figure(probe.child_score)} against {figure(probe.parent_score)} "
        f"of {code(probe.parent)}"
    )
    each = ", ".join(f"{difference:+.4g}" for difference in probe.differences)
    noise = f", noise {figure(probe.corrected_se)}" if probe.corrected_se is not None else ""
    gain = f"; gain {probe.mean:+.4g} on average{noise}" if probe.mean is not None else ""
    folds = f" (by fold: {each})" if each else ""
    return [f"Probe: **{probe.verdict}**. {against}{gain}{folds}. {prose(probe.because)}".rstrip()]


def _refused(refused: RefusedFact) -> list[str]:
    how = "broke on the full data" if refused.broke else "was refused"
    head = (
        f"- A {refused.plan_kind} of {code(refused.planner)} in stage {refused.stage.replace('_', ' ')} "
        f"(attempt {refused.attempt}) {how}:"
    )
    return [head, *(f"  - {code(finding.code)}: {text(finding.sentence())}" for finding in refused.findings)]


def models(facts: RunFacts) -> list[str]:
    """Return which model families were chosen and which were not, with reasons."""
    reasons: dict[str, dict[str, None]] = {}
    for result in facts.candidates:
        if result.spec.origin == "plan" and result.spec.reason:
            reasons.setdefault(result.spec.family, {})[result.spec.reason] = None
    if not reasons and not facts.rejections:
        return []
    lines = ["## Models", ""]
    lines += [f"- Tried {code(family)}: {text(' '.join(said))}" for family, said in reasons.items()]
    lines += [f"- Left out {code(entry.family)}: {prose(entry.reason)}" for entry in facts.rejections]
    ensembles = [result for result in facts.candidates if result.spec.members]
    for result in ensembles:
        inside = ", ".join(f"{code(name)} {weight:.0%}" for name, weight in result.spec.members)
        lines.append(f"- Ensemble {code(result.spec.id)}: {inside}. {prose(result.spec.reason)}".rstrip())
    return lines


def importance(facts: RunFacts) -> list[str]:
    """Return a bar for each original column."""
    if not facts.importance or facts.task is None:
        return []
    ordered = sorted(facts.importance, key=lambda row: (-row.mean, row.column))
    largest = max(row.mean for row in ordered)
    rows = [
        (
            code(row.column),
            f"{words.aligned(row.mean, largest)} ± {words.aligned(row.std, largest)}",
            words.bar(row.mean, largest),
        )
        for row in ordered[:MOST_ROWS]
    ]
    name = words.metric_name(facts.task.metric)
    lines = [
        "## What the model looks at",
        "",
        f"How much worse the {name} gets when a column's values are shuffled among rows that the models had not seen. "
        "Columns that say the same share their importance; none of this is cause and effect.",
        "",
        *table(("column", f"loss of {name}", ""), rows, right=(1,)),
    ]
    if len(ordered) > MOST_ROWS:
        lines += ["", f"{len(ordered) - MOST_ROWS} more columns matter less."]
    if facts.holdout_of_another is not None and facts.holdout_of_another.candidate:
        lines += ["", f"It was measured with {code(facts.holdout_of_another.candidate)}, which the run had chosen."]
    measured = {row.column for row in ordered}
    left = [c.name for c in facts.data.columns if c.role == "input" and c.name not in measured] if facts.data else []
    if left:
        lines += ["", f"There was no time to measure {codes(left)}."]
    return lines


def history(facts: RunFacts) -> list[str]:
    """Return the best score over the candidates, in the order in which they came."""
    if facts.task is None or not facts.candidates:
        return []
    best: float | None = None
    rows = []
    for result in facts.candidates:
        value = result.score.value
        better = best is None or (value > best if facts.task.greater_is_better else value < best)
        best = value if better or best is None else best
        rounds = "" if result.rounds is None else f"{result.rounds:,}"
        spec = result.spec
        rows.append((code(spec.id), code(spec.family), rounds, figure(value), figure(best), "▲" if better else ""))
    shown = rows if len(rows) <= MOST_ROWS else [row for row in rows if row[-1]][-MOST_ROWS:]
    lines = ["## Training history", ""]
    lines += table(("candidate", "family", "rounds", "score", "best so far", ""), shown, right=(2, 3, 4))
    if len(shown) < len(rows):
        lines += ["", f"Only improvements are shown; {len(rows) - len(shown)} candidates brought none."]
    if facts.stop_because:
        lines += ["", f"The search ended ({facts.stop_reason}): {text(facts.stop_because)}"]
    return lines


def time_spent(facts: RunFacts) -> list[str]:
    """Return where the time went, and what the clock decided."""
    total = sum(stage.seconds for stage in facts.stages)
    rows = [
        (
            stage.stage.replace("_", " "),
            words.seconds(stage.seconds),
            str(stage.steps),
            words.bar(stage.seconds, total),
        )
        for stage in facts.stages
    ]
    lines = [
        "## How time was spent",
        "",
        f"{words.seconds(facts.seconds)} in all. Work by stage (jobs side by side are added up):",
        "",
        *table(("stage", "work", "steps", ""), rows, right=(1, 2)),
        "",
    ]
    for said in (words.feature_steps(result.cache for result in facts.candidates), words.spent(facts.usage)):
        lines += [] if said is None else [said, ""]
    limits = facts.request.limits
    if not facts.clock:
        why = "there was no time limit, so the run can be repeated to the bit" if limits.seconds is None else "nothing"
        return [*lines, f"Decided by the clock: {why}."]
    counts = Counter(entry.what for entry in facts.clock)
    lines += ["Decided by the clock (a run with `--max-candidates` and no time limit never looks at one):", ""]
    for what, count in counts.items():
        values = [entry.because for entry in facts.clock if entry.what == what]
        shown = ", ".join(values[:8]) + (", ..." if count > 8 else "")
        lines.append(f"- {text(what.replace('_', ' '))}: {text(shown)}")
    return lines


def use(facts: RunFacts) -> list[str]:
    """Return the commands and the Python lines that use the model."""
    if facts.delivered is None or facts.task is None:
        return ["## How to go on", "", "```sh", f"planfit resume {shell(facts.run_id)}", "```"]
    lines = ["## How to use it", "", "```sh", *use_shell(facts), "```", "", "```python", *use_python(facts), "```"]
    if facts.one_row_ms is not None:
        lines += ["", f"One row takes the model about {facts.one_row_ms:.1f} ms on the machine that trained it."]
    return lines


def files(facts: RunFacts) -> list[str]:
    """Return the files of the run, candidates summed up."""
    rows: list[tuple[str, str, str]] = []
    folders: dict[str, list[int]] = {}
    for file in facts.files:
        if file.path.startswith(("candidates/", "prompts/")):
            folders.setdefault("/".join(file.path.split("/")[:2]) + "/", []).append(file.bytes)
        else:
            rows.append((code(file.path), words.size(file.bytes), ABOUT.get(file.path.rpartition("/")[2], "")))
    rows += [(code(path), words.size(sum(each)), counted(len(each), "file")) for path, each in folders.items()]
    rows.append((code("trace.json"), "", "every decision with its prompt, plan and result"))
    rows.append((code("events.jsonl"), "", "the signed log that all of this is derived from"))
    return ["## Files", "", "Relative to this report:", "", *table(("file", "size", "what"), rows, right=(1,))]


ABOUT: Final = {
    "model.joblib": "the model: raw columns in, predictions out",
    "pipeline.joblib": "scikit-learn Pipeline from raw columns to features, for reading and reuse",
    "schema.json": "the raw columns and how they are read",
    "metadata.json": "task, scores, members, versions, hashes, signature",
    "plan.json": "the feature plan",
    "transformed.parquet": "the training rows after the feature plan",
    "transformed.csv": "the training rows after the feature plan",
    "ledger.json": "evidence for each step",
    "profile.json": "the profile of the table",
    "dataset.json": "where the table came from",
    "data.parquet": "the table",
    "task.json": "the task as settled",
    "split.parquet": "which row is in which part",
    "predictions.parquet": "predictions for the holdout",
    "insight.json": "what the predictions show: curves, groups, dependence on columns",
}
