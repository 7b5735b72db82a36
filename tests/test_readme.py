"""The README shows what is really printed: its transcript has the shape of a run's output, its plan is accepted."""

import io
import re
from pathlib import Path

import pandas as pd
import pytest

import planfit
from planfit.cli.closing import closing_text
from planfit.cli.display import Display

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def shape(text):
    """Return a line with its numbers, ids and names of what varies taken out."""
    text = re.sub(r"run_\d{8}-\d{6}-[0-9a-f]+", "RUN", text)
    text = re.sub(r"[-+]?\d[\d,]*(\.\d+)?", "N", text)
    return " ".join(text.split())


@pytest.fixture(scope="module")
def printed(tmp_path_factory, request):
    """What a small run prints, live lines and closing text."""
    import numpy as np
    from rich.console import Console

    rng = np.random.default_rng(0)
    rows = 240
    frame = pd.DataFrame(
        {"id": [f"u{i}" for i in range(rows)], "use": rng.normal(size=rows), "plan": rng.choice(["a", "b"], rows)}
    )
    frame["churn"] = np.where(frame.use + rng.normal(size=rows) > 0, "Yes", "No")
    display = Display(quiet=False, started=0.0)
    display._console = Console(record=True, width=300, file=io.StringIO())
    store = tmp_path_factory.mktemp("store")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLANFIT_HOME", str(tmp_path_factory.mktemp("home")))
        run = planfit.run(frame, "Predict churn", max_candidates=2, store=store, on_event=display)
        return display._console.export_text() + closing_text(run.summary)


def test_the_transcript_has_the_lines_that_a_run_prints(printed):
    transcript = next(block for block in blocks("text") if block.startswith("planfit run"))
    labels = {line[:12].strip() for line in printed.splitlines() if line[:1].isalpha()}
    shown = {line[:12].strip() for line in transcript.splitlines() if line[:1].isalpha()}
    known = {label for label in labels if not re.fullmatch(r"c\d+", label)}
    assert {"table", "task", "split", "holdout", "search ends"} <= known & shown
    assert not [
        label for label in shown if not re.fullmatch(r"c\d+|run_.*|planfit run|features", label) and label not in known
    ]


def test_the_transcript_closes_as_a_run_does(printed):
    transcript = next(block for block in blocks("text") if block.startswith("planfit run"))

    def closing(text):
        lines = text[text.rindex("\nrun_") :].splitlines()
        return [line.split()[0] for line in lines if line.startswith("  ")]

    assert closing(transcript) == closing(printed)
    line = next(line for line in transcript.splitlines() if line.startswith("  holdout"))
    mine = next(line for line in printed.splitlines() if line.startswith("  holdout"))
    assert shape(line) == shape(mine)


def test_the_plan_is_accepted():
    frame = pd.DataFrame(
        {
            "age": [20.0, 30, 40] * 5,
            "category": ["u", "v", "w"] * 5,
            "feature_a": [3, 1, 2] * 5,
            "feature_b": [0.5, 7, 1] * 5,
        }
    )
    (plan,) = blocks("json")
    assert not [finding for finding in planfit.check(plan, frame) if finding.refuses]


def test_the_findings_are_what_check_says():
    rows = {"gender": ["f", "m"] * 10, "tenure": range(20)}
    plan = '{"transformations": [{"column": "gender", "operation": "standard_scale"}, {"column": "tenur", "operation": "log1p"}]}'
    said = [
        f"{finding.severity} {finding.code}: {finding.sentence()}"
        for finding in planfit.check(plan, pd.DataFrame(rows))
    ]
    shown = next(block for block in blocks("text") if block.startswith("error"))
    assert shown.splitlines()[:2] == said


def test_every_command_of_the_table_exists():
    import typer

    from planfit.cli.main import app

    commands = set(typer.main.get_command(app).commands)
    named = set(re.findall(r"`planfit ([a-z-]+)", README)) | {"runs", "why-not", "tried", "models", "schema", "doctor"}
    assert named <= commands
