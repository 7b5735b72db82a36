"""Commands and lines of Python that use a model, ask its record, or repeat its run."""

from __future__ import annotations

from planfit.report.escape import shell
from planfit.report.run_facts import RunFacts


def use_shell(facts: RunFacts) -> list[str]:
    """Return the commands that use the model and ask the record."""
    run = shell(facts.run_id)
    chances = [f"planfit predict {run} new_rows.csv --proba"] if facts.task and facts.task.is_classification else []
    asked = [f"planfit why {run} {shell(facts.importance[0].column)}"] if facts.importance else []
    return [
        f"planfit predict {run} new_rows.csv --out predictions.csv",
        *chances,
        *asked,
        f"planfit why {run} stop",
        f"planfit tried {run}",
        f"planfit trace {run} --verify",
    ]


def use_python(facts: RunFacts) -> list[str]:
    """Return the lines of Python that use the model."""
    chances = ["model.predict_proba(new_rows)"] if facts.task and facts.task.is_classification else []
    return [
        "import planfit",
        "",
        'model = planfit.load("model")  # the folder beside this report',
        "model.predict(new_rows)  # a table with the raw columns of training",
        *chances,
    ]


def repeat(facts: RunFacts) -> tuple[str, str]:
    """Return the command that does the run again, and how near to it that comes."""
    asked, limits = facts.request, facts.request.limits
    parts = ["planfit run", shell(asked.data) if asked.data else "data.parquet", shell(asked.sentence)]
    options = {
        "--target": asked.target, "--task-type": asked.task_type, "--metric": asked.metric,
        "--positive-class": asked.positive_class, "--split": asked.split,
        "--exclude": ",".join(asked.exclude) or None, "--include": ",".join(asked.include) or None,
        "--holdout": None if asked.holdout == "auto" else asked.holdout,
        "--time-limit": f"{limits.seconds:g}s" if limits.seconds is not None and limits.time_given else None,
        "--max-candidates": limits.candidates, "--models": ",".join(asked.models) or None,
        "--seed": asked.seed or None,
    }  # fmt: skip
    parts += [f"{name} {shell(str(value))}" for name, value in options.items() if value is not None]
    note = (
        "Without a time limit no decision reads a clock: the same table and versions give the same model, to the bit."
    )
    if limits.seconds is not None:
        note = (
            "This run had a time limit, so another machine or a busier hour may try more or less. With --max-candidates and no "
            "time limit the same table and versions give the same model, to the bit."
        )
    return " ".join(parts), note
