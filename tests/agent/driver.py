"""A run in a process of its own, for the tests that kill it: ``python driver.py ORDER``, ORDER a JSON document.

``do`` is ``run`` or ``resume``, ``arguments`` are those of the Python face; after ``kill_after`` new events (of the kind
``kill_kind``, where one is named) the whole process group is killed, ``kill_delay`` seconds later than that. With ``tune``
the first candidate that can be tuned is. ``faults`` says where the disk fails, as `Faulty` takes it. A run that ends prints what
two runs must share, one that is refused says why.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import threading
from typing import Any

from faulty import Faulty

import planfit
from planfit.planners.base import Answer, Ask
from planfit.planners.expert.expert import Expert
from planfit.planners.prompts import prompt_for
from planfit.planners.scripted import Scripted
from planfit.store import store as stores


class Tuning(Expert):
    """The expert, who tunes the best candidate as soon as there is one, on however few rows."""

    def propose(self, ask: Ask) -> Answer:
        singles = [result for result in ask.leaderboard if result.spec.params]
        tuned = any(result.spec.origin == "tuning" for result in ask.leaderboard)
        if ask.plan_kind != "NextStep" or not singles or tuned:
            return super().propose(ask)
        plan = {"candidate": singles[0].spec.id, "method": "random", "trials": 2}
        document = json.dumps({"move": "tune", "plan": plan})
        return Answer(document=document, prompt=prompt_for(ask))


def main(order: dict[str, Any]) -> None:
    """Carry an order out."""
    seen = 0
    disk = Faulty(**order.get("faults", {}))
    stores.Disk = lambda: disk  # type: ignore[misc,assignment]

    def watch(event: Any) -> None:
        nonlocal seen
        kind = event.body.kind
        seen += kind != "run_resumed" if "kill_kind" not in order else kind == order["kill_kind"]
        if seen == order.get("kill_after"):
            if order.get("kill_delay"):
                threading.Timer(order["kill_delay"], os.killpg, (0, signal.SIGKILL)).start()
                seen += 10**6
            else:
                os.killpg(0, signal.SIGKILL)

    arguments = dict(order["arguments"])
    if "script" in order:
        arguments["planner"] = Scripted(order["script"], only=[order["only"]], otherwise=Expert())
    if order.get("tune"):
        arguments["planner"] = Tuning()
    try:
        done = getattr(planfit, order["do"])(*order["given"], on_event=watch, **arguments)
    except planfit.PlanfitError as error:
        if disk.struck is None:
            raise
        ended = {"refused": error.message, "hint": error.hint}
    else:
        ended = essence(done, order["data"])
    disk_tells = {"places": disk.places, "struck": disk.struck} if "faults" in order else {}
    print(json.dumps({**ended, **disk_tells}))


def essence(run: planfit.Run, data: str) -> dict[str, Any]:
    """Return what two runs of the same work must share: plans, predictions to the bit, scores."""
    import polars as pl

    steps = [event.body for event in run.events if event.body.kind == "step_finished"]
    done: set[str] = set()
    redone = []
    for body in (event.body for event in run.events):
        if body.kind == "step_finished":
            done.add(body.key)
        elif body.kind == "step_started" and body.key in done:
            redone.append(body.name)
    finished = run.events[-1].body
    new = planfit.load(run.path)
    frame = pl.read_csv(data)
    return {
        "status": run.status,
        "events": len(run.events),
        "at": [event.at for event in run.events],
        "sound": run.verify().ok,
        "keys": [step.key for step in steps],
        "redone": redone,
        # What comes later is keyed by the files of fitted models, in which scikit-learn leaves a memory address.
        "search": [step.key for step in steps if step.stage not in ("evaluation", "training", "report")],
        "plans": [[entry["stage"], entry["planner"], entry["status"], entry["plan"]] for entry in run.trace],
        "oof": {
            step.name: _digest(pl.read_parquet(run.path / ref.path))
            for step in steps
            for ref in step.files
            if ref.path.endswith("oof.parquet")
        },
        "score": [finished.cv.to_json(), finished.holdout.to_json() if finished.holdout is not None else None],
        "delivered": finished.delivered.to_json(),
        "predicted": _bytes(new.predict_proba(frame).to_numpy()),
        "again": _bytes(new.predict_proba(frame.head(7)).to_numpy()),
    }


def _digest(frame: Any) -> list[str]:
    return [f"{name}:{_bytes(frame[name].to_numpy())}" for name in frame.columns]


def _bytes(values: Any) -> str:
    return hashlib.sha256(values.tobytes()).hexdigest()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
