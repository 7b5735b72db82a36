"""A disk that fails at any change that a whole run makes of it: one sentence, no half-written file, and the run goes on.

A chain is one run that fails, is resumed, fails further on, and so on to its end, which must be that of a run that nobody
disturbed. Chains are begun until every place was struck, each in one of the ways in which a disk fails, in turn: it is full
or broken, this once or from then on, or, where something is written, a part of it is lost in silence.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from warm import SHARED, Forge

import planfit
from planfit.store.files import Disk, hash_file
from planfit.store.steps import Steps
from planfit.store.store import BEGINNING, Store

PIECE, PIECES = map(int, os.environ.get("PLANFIT_PLACES", "1/1").split("/"))
"""What the slow test strikes: ``3/20`` is every twentieth place, from the third on. With PLANFIT_SEED 1 to 4 each fails another way."""
SEED = int(os.environ.get("PLANFIT_SEED", "0"))
REFUSALS = ("ENOSPC", "EIO for good", "EIO", "ENOSPC for good")
SILENT = "silent"
APART = 30
"""Changes between two failures of a chain, on average, if there is nothing to be struck before."""
PASSED_OVER = ("no event announces", "leftover", "never finished")
"""What `--verify` may say of a run that was cut off: the next command removes it, and the step is done again."""
OWN_FILES = ("events.jsonl", "head.json", "trace.json", "lock")


class Faults:
    """What is still to fail, and how, and what came of that which did.

    Parameters
    ----------
    places : list of str
        What is to be struck of a whole run.
    known : list of str or None
        All places of a whole run; any other that comes in sight, as only a run has that is taken up again, is to fail too.
    """

    def __init__(self, places: list[str], known: list[str] | None = None) -> None:
        self.wanted: dict[str, str] = {}
        self.struck: set[str] = set()
        self.counts = Counter[str]()
        self._known = None if known is None else set(known)
        self._turns = defaultdict[str, int](lambda: SEED)
        for place in places:
            self._want(place)
        self.places = list(self.wanted)

    def _want(self, place: str) -> None:
        what = place.partition(" ")[0]
        ways = (*REFUSALS, SILENT) if what == "put" else REFUSALS
        self.wanted[place] = ways[self._turns[what] % len(ways)]
        self._turns[what] += 1

    def next(self) -> dict[str, str]:
        """Return what is still to be struck."""
        return {place: how for place, how in self.wanted.items() if place not in self.struck}

    def left(self) -> list[str]:
        """Return what is still to be struck of a whole run."""
        return [place for place in self.places if place not in self.struck]

    def take(self, found: dict[str, Any]) -> None:
        """Count where a run failed; learn its places."""
        place = found["struck"]
        if place is not None:
            self.struck.add(place)
            self.counts["struck" if place in self.places else "struck while taken up"] += 1
            self.counts[self.wanted[place]] += 1
            behind = any(name in place.partition(" in ")[0] for name in ("head.json", "trace.json"))
            self.counts["behind the entry in the log" if behind else "before it"] += 1
        for each in found["places"] if self._known is not None else ():
            if each not in self._known:
                self._known.add(each)
                self._want(each)


def chain(forge: Forge, store: Path, whole: dict[str, Any], faults: Faults, source: random.Random) -> None:
    """Let one run fail, take it up again, and so on until it ends; then compare, and count."""
    kept: dict[str, int] = {}
    found: dict[str, Any] | None = {"refused": ""}
    first = True
    while found is not None and "refused" in found:
        begun = bool(list(store.glob("run_*")))
        after = 0 if first else source.randrange(2 * APART)
        found = forge.drive(store, "resume" if begun else "run", faults={"wanted": faults.next(), "after": after})
        first = False
        assert found is not None
        faults.take(found)
        if "refused" in found:
            assert "\n" not in found["refused"]
            assert found["hint"]
            look(Store(store), kept)
        else:
            faults.counts["ended all the same"] += found["struck"] is not None
    assert found is not None
    assert found["status"] == "finished"
    assert found["sound"]
    found["plans"] = [plan for plan in found["plans"] if "halt" not in plan[3]]  # the record tells of the failures
    assert {name: found[name] for name in SHARED} == {name: whole[name] for name in SHARED}
    assert len(set(found["keys"])) == len(found["keys"]), "a finished step was recorded twice"
    assert found["redone"] == [], "a finished step was done again"
    events = planfit.open_run(store=store).events
    again = [e.body.name for e in events if e.body.kind == "step_started" and e.no > kept.get(e.body.key, e.no)]
    assert again == [], "what was kept before the failure was done again"
    faults.counts["chains that came to the same end"] += 1


def look(store: Store, kept: dict[str, int]) -> None:
    """See that every file is whole under its name, and that the record is sound; note which steps are kept."""
    names = [path.name for path in store.root.rglob("*")]
    assert not [name for name in names if name.endswith(".tmp") and name != ".tmp"]
    assert not [name for name in names if name.startswith(BEGINNING)]
    objects = {path.name for path in (store.root / "objects").glob("*")}
    for name in objects:
        assert hash_file(store.root / "objects" / name)[0] == name, "a half-written file stands under its final name"
    readers = store.runs()
    for reader in readers:
        assert [p for p in reader.verify().problems if not any(words in p for words in PASSED_OVER)] == []
        for path in reader.path.rglob("*"):
            inner = path.relative_to(reader.path)
            if path.is_file() and inner.parts[0] not in (*OWN_FILES, "scratch"):
                assert hash_file(path)[0] in objects, f"{inner} is half-written"
        for name in ("head.json", "trace.json"):
            json.loads((reader.path / name).read_bytes())
    steps = Steps(store.root, Disk())
    for path in steps.folder.glob("*"):
        assert steps.find(path.name) is not None, "half of an entry stands under its final name"
        kept.setdefault(path.name, len(readers[-1].events))


def strike(forge: Forge, stores: Path, whole: dict[str, Any], faults: Faults) -> Counter[str]:
    """Begin chains until every place was struck; then see that no process of theirs is left."""
    source = random.Random(SEED)
    while left := faults.left():
        number = faults.counts["chains that came to the same end"]
        chain(forge, stores / f"{number}", whole, faults, source)
        assert len(faults.left()) < len(left), f"no run comes by {left}"
        print(f"chain {number}: {len(faults.left())} places left; {dict(faults.counts)}", flush=True)
    ends = time.monotonic() + 20
    while (processes := forge.left()) and time.monotonic() < ends:
        time.sleep(0.1)
    assert not processes
    return faults.counts


def test_the_names_of_places_are_names(whole: dict[str, Any]) -> None:
    """Else a failure could strike another place than it was meant for."""
    places = whole["places"]
    assert len(places) > 800
    assert [place for place, times in Counter(places).items() if times > 1] == []


def test_a_disk_that_fails_at_ten_changes(forge: Forge, whole: dict[str, Any], stores: Path) -> None:
    """One run that fails ten times on its way."""
    counts = strike(forge, stores, whole, Faults(whole["places"][50 :: len(whole["places"]) // 9]))
    assert counts["struck"] >= 9


@pytest.mark.slow
def test_a_system_that_takes_every_write_in_parts(forge: Forge, whole: dict[str, Any], stores: Path) -> None:
    """It says so, and what is left of each is written after it: nothing is lost, and nothing is refused."""
    found = forge.drive(stores, "run", faults={"every": "in parts"})
    assert found is not None
    assert found["sound"]
    assert {name: found[name] for name in SHARED} == {name: whole[name] for name in SHARED}
    writes = Counter(place for place in found["places"] if place.startswith("put "))
    assert sum(times > 1 for times in writes.values()) > 150


@pytest.mark.slow
def test_a_disk_that_fails_at_any_change(forge: Forge, whole: dict[str, Any], stores: Path) -> None:
    """Every change of a whole run, and those besides that only a run makes that is taken up again."""
    places = whole["places"][PIECE - 1 :: PIECES]
    counts = strike(forge, stores, whole, Faults(places, whole["places"] if PIECE == 1 else None))
    print(f"{len(whole['places'])} changes, of them {len(places)} here: {dict(counts)}")
    assert counts["struck"] == len(places)
