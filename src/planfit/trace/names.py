"""The names that a person may ask the record about, for one that nothing is said of."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, get_args

from planfit.records.events import Stage
from planfit.store.run import RunReader
from planfit.trace.columns import ledgers

MOST_NAMED = 3
ALWAYS = (*get_args(Stage), "target", "metric", "stop", "delivered")


def nearest(reader: RunReader, what: str) -> tuple[str, ...]:
    """Return the names in a run's record that are most like one that it does not hold, the likeliest first."""
    known = {name.casefold(): name for name in names_in(reader)}
    near = get_close_matches(what.strip().casefold(), known, MOST_NAMED, cutoff=0.5)
    return tuple(known[name] for name in near)


def names_in(reader: RunReader) -> Iterator[str]:
    """Yield columns, raw and made, operations, model families, candidates, feature sets and stages."""
    yield from ALWAYS
    profile = reader.find_last("step_finished", name="profile")
    if profile is not None and isinstance(profile.result, dict):
        yield from (str(column["name"]) for column in profile.result.get("columns", ()))
    for made, ledger in ledgers(reader):
        yield made
        yield from (str(line["name"]) for line in ledger)
    for event in reader.standing:
        if event.body.kind == "plan_accepted":
            yield from _in_plan(event.body.plan)
        elif event.body.kind == "step_finished" and event.body.name.startswith(("candidate ", "ensemble ")):
            yield event.body.name.partition(" ")[2]


def _in_plan(plan: Any) -> Iterator[str]:
    inner = plan.get("plan") if isinstance(plan, dict) and isinstance(plan.get("plan"), dict) else plan
    if not isinstance(inner, dict):
        return
    for step in inner.get("transformations") or ():
        yield str(step["operation"])
    for entry in (*(inner.get("candidates") or ()), *(inner.get("rejected") or ())):
        yield str(entry["family"])
