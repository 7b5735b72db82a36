"""Bits flip and files lose their ends: verification names every one, and no command shows a traceback."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import planfit
from planfit.store.store import Store

FLIPS = int(os.environ.get("PLANFIT_FLIPS", "1000"))
NOT_RECORDED = frozenset({"lock"})
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("show",), ("runs",), ("trace",), ("trace", "--verify"), ("why", "age"), ("tried",), ("why-not", "linear"),
    ("compare", "latest", "latest"), ("resume",), ("gc",), ("review",), ("report",),
)  # fmt: skip


@pytest.fixture
def damaged(trained: Any, its_home: Any, tmp_path: Path) -> Path:
    """A copy of a finished run's store, every file by itself."""
    store = tmp_path / "store"
    shutil.copytree(trained.store, store)
    for path in store.rglob("*"):
        if path.is_file():
            path.chmod(0o644)
    return store


def damage(path: Path, source: random.Random) -> bytes:
    """Flip a bit of a file or cut its end off; return what stood there."""
    before = path.read_bytes()
    if source.random() < 0.3 and before:
        path.write_bytes(before[: source.randrange(len(before))])
    else:
        place = source.randrange(len(before))
        changed = bytearray(before)
        changed[place] ^= 1 << source.randrange(8)
        path.write_bytes(bytes(changed))
    return before


def recorded(run: Path) -> list[Path]:
    return sorted(
        path for path in run.rglob("*") if path.is_file() and path.name not in NOT_RECORDED and path.stat().st_size
    )


@pytest.mark.parametrize("times", [25, pytest.param(FLIPS, marks=pytest.mark.slow)])
def test_every_flip_and_every_truncation_is_found(damaged: Path, times: int) -> None:
    source = random.Random(times)
    (reader,) = Store(damaged).runs()
    files, missed = recorded(reader.path), []
    assert reader.verify().ok
    for _ in range(times):
        path = source.choice(files)
        before = damage(path, source)
        report = reader.verify()
        if report.ok or not report.problems:
            missed.append(path.name)
        path.write_bytes(before)
    assert missed == []
    assert reader.verify().ok


@pytest.mark.parametrize("name", ["events.jsonl", "head.json", "trace.json", "profile.json", "any"])
def test_no_command_shows_a_traceback_over_damage(
    damaged: Path, name: str, planfit_: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = random.Random(name)
    (reader,) = Store(damaged).runs()
    path = source.choice(recorded(reader.path)) if name == "any" else reader.path / name
    before = damage(path, source)
    for command in COMMANDS:
        told = planfit_(*command, "--store", damaged)  # whatever is no error of ours comes through and fails the test
        assert "Traceback" not in told.err
        assert told.code in (0, 1, 2), (command, told)
        if told.code == 2:
            assert "hint: " in told.err
    path.write_bytes(before)
    assert planfit.open_run(store=damaged).verify().problems is not None
