"""A decision of the record on one line."""

from __future__ import annotations

import re
from typing import Any

from planfit.amounts import counted

Entry = dict[str, Any]
PLANNER = 12
"""Width of the name of who decided: `compatible:m` fits, longer ones push the rest aside."""
_LONG_NUMBER = re.compile(r"(?<![\w.])-?\d+\.\d{4,}(?:e[+-]?\d+)?")


def decision_line(entry: Entry) -> str:
    """Return who decided what and when, and what came of it."""
    head = f"{entry['id']:>4}  {entry['timestamp'][11:19]}  {entry['stage']:<19} {entry['planner']:<{PLANNER}} "
    return head + f"{entry['status'].replace('_', ' '):<11} {outcome(entry)}".rstrip()


def outcome(entry: Entry) -> str:
    """Return what a decision led to; of a refused plan, why; in words where there are no figures."""
    result = entry["result"] if isinstance(entry["result"], dict) else {}
    refused = [finding for finding in entry.get("findings") or () if finding["severity"] == "error"]
    if entry["status"] in ("rejected", "failed") and refused:
        more = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
        text = f"{refused[0]['path']} {refused[0]['message']}{more}".strip()
    elif "cause" in result:
        plan = entry["plan"]
        text = f"{plan['candidate']} {plan['family']} failed, {result['cause'].replace('_', ' ')}: {result['detail']}"
    else:
        told = next((tell(result) for name, tell in _TELLERS.items() if name in result), None)
        text = told or entry.get("rationale") or _pairs(entry["plan"])
    return _rounded(" ".join(text.split()))


def _task(result: Entry) -> str:
    parts = [f"predict {result['target']} ({result['task_type']}), judged by {result['metric']}"]
    if split := result.get("split"):
        parts.append(f"{split['kind']} split, {counted(split['n_folds'], 'fold')}")
        parts.append(f"{split['holdout_rows']:,} of {split['holdout_rows'] + split['training_rows']:,} rows kept aside")
    if left_out := result.get("excluded"):
        parts.append(f"without {', '.join(left_out)}")
    return "; ".join(parts)


def _candidates(result: Entry) -> str:
    return ", ".join(
        f"{one['candidate']} {one['family']} failed ({one['failed'].replace('_', ' ')})"
        if "failed" in one
        else f"{one['candidate']} {one['family']} {one['metric']} {one['score']:.4g}"
        for one in result["candidates"]
    )


def _features(result: Entry) -> str:
    parts = [f"{result['features']}: {result.get('columns_in', '?')} columns become {result.get('columns_out', '?')}"]
    if probe := result.get("probe"):
        scores = f"{probe['metric']} {probe['child_score']:.4g} against {probe['parent_score']:.4g}"
        parts.append(f"{scores} of {probe['parent']}")
    return "; ".join([*parts, *([result["decision"]] if "decision" in result else [])])


def _delivered(result: Entry) -> str:
    text = f"delivered {result['delivered']} {result['family']}, cross-validated {result['cv']['metric']} "
    return f"{text}{result['cv']['value']:.4g}"


def _holdout(result: Entry) -> str:
    inside = f"{result['low']:.4g} to {result['high']:.4g}"
    return f"holdout {result['value']:.4g} (95 % interval {inside}; {counted(result['rows'], 'row')})"


_TELLERS = {
    "candidates": _candidates, "target": _task, "features": _features, "delivered": _delivered, "low": _holdout,
}  # fmt: skip
"""Fields that tell what a result is about, and how to say it; the first that is there decides."""


def _pairs(plan: Any) -> str:
    if not isinstance(plan, dict):
        return str(plan or "")
    told = {name: value for name, value in plan.items() if isinstance(value, str | int | float) and name != "version"}
    return ", ".join(f"{name.replace('_', ' ')} {_figure(value)}" for name, value in told.items())


def _figure(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _rounded(text: str) -> str:
    """Return a text whose numbers have four significant digits at the most."""
    return _LONG_NUMBER.sub(lambda found: f"{float(found[0]):.4g}", text)
