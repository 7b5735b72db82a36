"""What became of a column: left out, dropped, used, or made by a feature plan, from what, and what that is worth."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from planfit.amounts import counted
from planfit.errors import DamagedRun
from planfit.records.events import StepFinished
from planfit.records.schema import Schema
from planfit.records.scores import Probe, Screened
from planfit.records.task import Task
from planfit.store.entries import Decision
from planfit.store.run import RunReader
from planfit.trace.reasons import Reason, prompt_file

Ledger = list[dict[str, Any]]
MOST_NAMED = 6


def about_column(reader: RunReader, decisions: tuple[Decision, ...], name: str) -> Iterator[Reason]:
    """Yield what the record says of a column beyond the decisions that name it, raw or made."""
    yield from _left_out(reader, decisions, name)
    raw = _raw(reader)
    yield from _looked_for(reader, name)
    for made, ledger in ledgers(reader):
        decision = next((d for d in decisions if _made(d) == made and d.planner != "runtime"), None)
        entry = next((line for line in ledger if line["name"] == name), None)
        sources = [name] if name in raw else []
        if entry is not None and entry.get("step") is not None:
            yield _made_of(reader, decision, made, entry, ledger)
        elif sources:
            yield _in_set(reader, decision, made, name, ledger)
    if name in raw:
        yield Reason(
            subject=name, stage="task", by="runtime",
            sentence="It was not dropped: it is among the columns that models may use.",
        )  # fmt: skip


def ledgers(reader: RunReader) -> Iterator[tuple[str, Ledger]]:
    """Yield each feature set with its ledger: every column that comes out of it, and what it was made of."""
    for step in reader.results("features "):
        ref = next((ref for ref in step.files if ref.path.endswith("/ledger.json")), None)
        if ref is None:
            continue
        try:
            yield step.name.partition(" ")[2], json.loads(reader.file(ref).read_bytes())
        except (DamagedRun, OSError, ValueError):
            continue  # `verify` names the file


def _left_out(reader: RunReader, decisions: tuple[Decision, ...], name: str) -> Iterator[Reason]:
    """Yield the exclusion of a column as it was settled: also what a person asked for, or a rule screened out."""
    step = reader.find_last("step_finished", name="task")
    if not isinstance(step, StepFinished):
        return
    entry = next((each for each in Task.model_validate(step.result).excluded if each.name == name), None)
    if entry is None:
        return
    named = [d for d in decisions if d.stage == "task" and name in json.dumps(d.plan, ensure_ascii=False)]
    decision = named[-1] if named else None
    yield Reason(
        subject=name,
        sentence=f"It was left out ({entry.code}): {entry.reason}",
        decision=decision.id if decision is not None else None,
        stage="task",
        by="person" if entry.code == "asked" else decision.planner if decision is not None else "runtime",
        prompt=prompt_file(reader, decision) if decision is not None else None,
    )


def _looked_for(reader: RunReader, name: str) -> Iterator[Reason]:
    """Yield what discovery found about a column that could be made."""
    step = reader.find_last("step_finished", name="discovery")
    for entry in step.result.get("screened") or () if isinstance(step, StepFinished) else ():
        found = Screened.model_validate(entry)
        if name in {str(each.get("into")) for each in found.steps}:
            word = "enough to be offered to the planner" if found.kept else "too little to be kept"
            yield Reason(
                subject=name, stage="feature_engineering", by="runtime",
                sentence=f"Looked for: {found.operation} of {', '.join(found.columns)} had {found.gain:.1%} of the gain of a quick "
                f"model on average, at least {found.least:.1%}: {word}.",
                figures={"gain": found.gain, "least": found.least, "kept": found.kept},
            )  # fmt: skip


def _made_of(reader: RunReader, decision: Decision | None, made: str, entry: dict[str, Any], ledger: Ledger) -> Reason:
    sources = ", ".join(entry["sources"])
    sentence = f"In {made} it is made by {entry['made_by']} of {sources}"
    sentence += f"; {entry['n_unique']:,} values, {entry['missing_share']:.1%} missing. {worth(reader, made, ledger)}"
    probe = _probe(reader, made)
    figures = {
        "sources": entry["sources"],
        "made_by": entry["made_by"],
        "probe": None if probe is None else probe.to_json(),
    }
    return _reason(reader, decision, entry["name"], sentence, figures)


def worth(reader: RunReader, made: str, ledger: Ledger) -> str:
    """Return what a feature set was worth, in a sentence: its columns were compared together, not one by one."""
    probe, new = _probe(reader, made), sum(line.get("step") is not None for line in ledger)
    if probe is None or probe.mean is None:
        return f"What it is worth was not measured: {made} was not compared with its parent."
    noise = f", corrected standard error {probe.corrected_se:.4g}" if probe.corrected_se is not None else ""
    gain = f"{probe.mean:+.4g} {probe.metric} over {probe.parent} ({counted(len(probe.differences), 'fold')}{noise})"
    alone = (
        "it is the only column that was made" if new == 1 else f"all {new} columns made in {made} together, none alone"
    )
    return f"Worth {gain}: {alone}."


def _in_set(reader: RunReader, decision: Decision | None, made: str, name: str, ledger: Ledger) -> Reason:
    stays = any(line["name"] == name for line in ledger)
    feeds = [line["name"] for line in ledger if name in line["sources"] and line["name"] != name]
    listed = ", ".join(feeds[:MOST_NAMED]) + (f" and {len(feeds) - MOST_NAMED} more" if len(feeds) > MOST_NAMED else "")
    if stays and feeds:
        sentence = f"In {made} it stays and {counted(len(feeds), 'column')} more are made of it: {listed}."
    elif stays:
        sentence = f"In {made} it stays as it is."
    elif feeds:
        sentence = f"In {made} it is replaced by what is made of it: {listed}."
    else:
        sentence = f"In {made} it was dropped: no column that comes out is made of it."
    return _reason(reader, decision, name, sentence, {"stays": stays, "columns": feeds})


def _reason(
    reader: RunReader, decision: Decision | None, subject: str, sentence: str, figures: dict[str, Any]
) -> Reason:
    return Reason(
        subject=subject,
        sentence=sentence,
        decision=decision.id if decision is not None else None,
        stage="feature_engineering",
        by=decision.planner if decision is not None else "runtime",
        figures=figures,
        prompt=prompt_file(reader, decision) if decision is not None else None,
    )


def _probe(reader: RunReader, made: str) -> Probe | None:
    step = reader.find_last("step_finished", name=f"probe {made}")
    return Probe.model_validate(step.result) if isinstance(step, StepFinished) else None


def _made(decision: Decision) -> Any:
    return decision.result.get("features") if isinstance(decision.result, dict) else None


def _raw(reader: RunReader) -> frozenset[str]:
    step = reader.find_last("step_finished", name="schema")
    return frozenset(Schema.model_validate(step.result).names) if isinstance(step, StepFinished) else frozenset()
