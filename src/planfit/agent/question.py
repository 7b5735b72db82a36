"""The question to the user where the target is not clear, and the commands that answer it."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from planfit import settings
from planfit.agent.attempts import Agreement
from planfit.agent.session import Session
from planfit.errors import QuestionAsked
from planfit.paths import seen_from_here
from planfit.plans.task import TaskPlan
from planfit.records.events import RunHalted
from planfit.records.run import RunRequest

MOST_COMMANDS = 5


def ask_person(session: Session, agreed: Agreement) -> QuestionAsked:
    """Record the question and return it as an error: ranked columns, and for each the command that names it."""
    plan: TaskPlan = agreed.plan
    ranked = sorted(plan.alternatives, key=lambda alternative: -alternative.score)
    text = plan.question or f"Which column should be predicted? {plan.target!r} is only a guess."
    commands = [command_with(session.request, entry.target, session.run.root) for entry in ranked[:MOST_COMMANDS]]
    question = {"text": text, "alternatives": [entry.to_json() for entry in ranked], "commands": commands}
    session.run.append(
        RunHalted(stage="task", status="question", message=text, question=question, commands=tuple(commands))
    )
    hint = f"Name the column, for example: {commands[0]}" if commands else "Name the column with --target COLUMN."
    return QuestionAsked(text, document=question, hint=hint)


def ask_which(session: Session, text: str, option: str, answers: dict[str, str], target: str) -> QuestionAsked:
    """Record a question about one option of the task and return it as an error.

    Parameters
    ----------
    text : str
        The question.
    option : "target" or "task_type"
    answers : dict
        What it can be, with what speaks for each.
    target : str
        The target, where it is another option that is asked about.
    """
    request = session.request
    commands = []
    for answer in answers:
        fixed = request.having(task_type=answer) if option == "task_type" else request
        commands.append(command_with(fixed, answer if option == "target" else target, session.run.root))
    ranked = [{"target": answer, "score": 0.5, "evidence": why} for answer, why in answers.items()]
    question = {"text": text, "option": option, "alternatives": ranked, "commands": commands}
    session.run.append(
        RunHalted(stage="task", status="question", message=text, question=question, commands=tuple(commands))
    )
    return QuestionAsked(text, document=question, hint=f"Answer with the command that fits, for example: {commands[0]}")


def command_with(request: RunRequest, target: str, store: Path) -> str:
    """Return the command that starts the same run with the target given; every option that was used is in it.

    Parameters
    ----------
    request : RunRequest
        What was asked for.
    target : str
    store : Path
        Folder of the runs.
    """
    data = "DATA" if request.data is None else seen_from_here(request.data)
    limits = request.limits
    options: list[tuple[str, object, object]] = [
        ("--planner", request.planner, "expert"),
        ("--task-type", request.task_type, None),
        ("--metric", request.metric, None),
        ("--positive-class", request.positive_class, None),
        ("--split", request.split, None),
        ("--sample-weight", request.sample_weight, None),
        ("--exclude", ",".join(request.exclude), ""),
        ("--include", ",".join(request.include), ""),
        ("--holdout", request.holdout, "auto"),
        ("--time-limit", f"{limits.seconds:g}s" if limits.time_given and limits.seconds else None, None),
        ("--memory-limit", limits.memory if limits.memory_given else None, None),
        ("--max-candidates", limits.candidates, None),
        ("--patience", limits.patience, settings.PATIENCE),
        ("--models", ",".join(request.models), ""),
        ("--features", None if request.features is None else json.dumps(request.features), None),
        ("--deliver", request.deliver, "accurate"),
        ("--max-latency", None if request.max_latency_ms is None else f"{request.max_latency_ms:g}ms", None),
        ("--table-format", request.table_format, "parquet"),
        *_asking(request),
        ("--seed", request.seed, settings.SEED),
        ("--store", seen_from_here(store) if store.absolute() != Path(settings.STORE).absolute() else None, None),
    ]  # fmt: skip
    words = ["planfit", "run", data, request.sentence, "--target", target]
    for name, value, usual in options:
        if value is not None and value != usual:
            words += [name] if value is True else [name, str(value)]
    return shlex.join(words)


def _asking(request: RunRequest) -> list[tuple[str, object, object]]:
    """Return the options of a language model."""
    asking = request.asking
    prices = asking.prices
    amounts = () if prices is None else (prices.tokens_in, prices.tokens_cached, prices.tokens_out)
    return [
        ("--base-url", asking.base_url, None),
        ("--knowledge", asking.knowledge, ""),
        ("--privacy", request.privacy, "profile"),
        ("--redact", ",".join(asking.redact), ""),
        ("--fallback", asking.fallback, None),
        ("--small-model", asking.small, False),
        ("--answer-within", None if asking.answer_within is None else f"{asking.answer_within:g}s", None),
        ("--max-calls", asking.max_calls, None),
        ("--max-tokens", asking.max_tokens, None),
        ("--max-cost", None if asking.max_cost is None else f"{asking.max_cost:g}", None),
        ("--price", ",".join(f"{amount:g}" for amount in amounts if amount is not None), ""),
    ]
