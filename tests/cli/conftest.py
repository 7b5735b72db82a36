"""The command in this process, on the run that the session shares."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from planfit.cli.main import main


class Outcome(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)

    def refuses(self, code: int, *words: str) -> None:
        """Hold the promise about bad input: one sentence, one hint, the exit code, nothing on stdout, no traceback."""
        lines = self.err.strip().splitlines()
        assert (self.code, self.out) == (code, ""), self
        assert [line.partition(":")[0] for line in lines] == ["error", "hint"], self.err
        assert lines[0].endswith((".", "?")), lines[0]
        for word in words:
            assert word in self.err


Command = Callable[..., Outcome]


@pytest.fixture
def planfit_(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run ``planfit`` with these arguments, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: object) -> Outcome:
        capfd.readouterr()
        code: Any = 0
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as end:
            code = end.code
        return Outcome(int(code or 0), *capfd.readouterr())

    return call


@pytest.fixture
def on_run(planfit_: Command, its_home: Any) -> Command:
    """Run a command on the shared run's store."""

    def call(*arguments: object) -> Outcome:
        return planfit_(*arguments, "--store", its_home.store)

    return call
