"""Clearing a store: what no run refers to goes, what a run refers to stays, and nothing goes without being asked."""

from __future__ import annotations

import os
import time

import pytest

from planfit.records.events import StepStarted
from planfit.store.collect import collect
from planfit.store.store import Store


@pytest.fixture
def three(begin, carry_out, store):
    """Three finished runs; their files are the same but for one of the last."""
    for number in range(3):
        run = begin()
        carry_out(run)
        run.record(f"{number}" * 64, "report", f"report {number}", {}, {"report.md": b"%d" % number * 500})
        run.close()
    return store.runs()


def files(store):
    return {path for path in store.root.rglob("*") if path.is_file()}


def test_by_itself_it_only_says(three, store):
    before = files(store)
    done = collect(store, keep=1)
    assert len(done.runs) == 2
    assert done.objects == 2
    assert done.bytes > 0
    assert files(store) == before


def test_what_a_run_refers_to_stays(three, store):
    nothing = collect(store, really=True)
    assert (nothing.runs, nothing.objects, nothing.steps) == ((), 0, 0)
    done = collect(store, keep=1, really=True)
    assert done.runs == tuple(sorted(reader.path.name for reader in three[:2]))
    (left,) = store.runs()
    assert left.path == three[2].path
    assert left.verify().ok
    assert {path.name for path in (store.root / "objects").iterdir()} == {
        ref.sha256 for event in left.events for ref in getattr(event.body, "files", ())
    } | {event.body.prompt.sha256 for event in left.events if event.body.kind == "plan_requested"}
    assert collect(store).objects == 0


def test_old_runs_go_by_age(three, store):
    then = time.time() - 40 * 86_400
    os.utime(three[0].path / "events.jsonl", (then, then))
    done = collect(store, older_than=30 * 86_400, really=True)
    assert done.runs == (three[0].path.name,)
    both = collect(store, keep=2, older_than=30 * 86_400)
    assert both.runs == ()


def test_a_run_that_can_go_on_never_goes(three, store, begin):
    open_ = begin()
    open_.append(StepStarted(key="k", stage="task", name="x"))
    kept = collect(store, keep=0, really=True)
    assert open_.path.name in kept.kept_back
    assert open_.path.is_dir()
    open_.close()
    assert open_.path.name in collect(store, keep=0, really=True).kept_back  # left by its process: it can be resumed
    assert [reader.path.name for reader in store.runs()] == [open_.path.name]


def test_a_young_file_stays_while_somebody_works(three, store, begin):
    run = begin()
    (store.root / "objects" / ("a" * 64)).write_bytes(b"about to be announced")
    assert collect(store, really=True).objects == 0
    run.close()
    assert collect(store, really=True).objects == 1


def test_an_empty_store_is_cleared_in_peace(tmp_path):
    assert collect(Store(tmp_path / "none"), keep=3, really=True).runs == ()
