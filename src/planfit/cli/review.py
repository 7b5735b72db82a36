"""Looking a plan over: the option that asks for it, the prompt in the terminal, and the command for later."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from planfit.cli.options import DEFAULT_STORE, JsonOption, Ref, StoreOption, listed, somebody_answers
from planfit.cli.tables import print_json

if TYPE_CHECKING:
    from planfit.cli.display import Display
    from planfit.records.review import Verdict, Waiting

OPTION = "--review"
ALL = "all"
_STAGES = re.compile(r"[a-z_]+(,[a-z_]+)*")
ReviewOption = Annotated[
    str | None,
    typer.Option(
        OPTION,
        metavar="[STAGES]",
        help="Look at plans before they are carried out: task, feature_engineering, model_search; none named: all.",
    ),
]
QUESTION = "a: approve   e FILE: carry out this plan instead   r WHY: reject   s: stop here   nothing: decide later > "


def completed(arguments: list[str]) -> list[str]:
    """Return the arguments with a value behind a ``--review`` that has none: the parser knows no optional values.

    Examples
    --------
    >>> completed(["run", "data.csv", "Predict churn", "--review", "--quiet"])
    ['run', 'data.csv', 'Predict churn', '--review', 'all', '--quiet']
    """
    found: list[str] = []
    for place, argument in enumerate(arguments):
        found.append(argument)
        after = arguments[place + 1] if place + 1 < len(arguments) else ""
        if argument == OPTION and not _STAGES.fullmatch(after):
            found.append(ALL)
    return found


class Prompt:
    """Asks on the terminal what is to become of a plan."""

    def __init__(self, stages: tuple[str, ...], display: Display) -> None:
        self.stages = stages
        self._display = display

    def __call__(self, waiting: Waiting) -> Verdict:
        from planfit.arguments import plan_text
        from planfit.errors import UsageError
        from planfit.records.review import Verdict

        with self._display.silent():
            sys.stderr.write("\n" + told(waiting.to_json()))
            while True:
                sys.stderr.write(QUESTION)
                sys.stderr.flush()
                try:
                    word, _, rest = input().strip().partition(" ")
                except EOFError:
                    return Verdict(says="wait")
                match word.lower():
                    case "a" | "approve":
                        return Verdict()
                    case "s" | "stop":
                        return Verdict(says="stop")
                    case "r" | "reject" if rest.strip():
                        return Verdict(says="reject", reason=rest.strip())
                    case "e" | "edit" if rest.strip():
                        try:
                            return Verdict(says="edit", plan=plan_text(Path(rest.strip())))
                        except UsageError as error:
                            sys.stderr.write(f"{error.message}\n")
                            continue
                    case "":
                        return Verdict(says="wait")
                sys.stderr.write("Not understood: a, e FILE, r WHY, s, or nothing.\n")


def reviewer(option: str | None, display: Display, *, as_json: bool) -> Any:
    """Return what `planfit.run` takes as `review`: who asks on the terminal, else the stages to pause in."""
    from planfit.arguments import reviewed

    if option is None:
        return False
    stages, _ = reviewed(True if option == ALL else listed(option))
    return Prompt(stages, display) if somebody_answers(as_json) else stages


def prompting(display: Display, *, as_json: bool) -> Prompt | None:
    """Return who asks on the terminal, where somebody sits there."""
    return Prompt((), display) if somebody_answers(as_json) else None


def told(waiting: dict[str, Any]) -> str:
    """Return a plan that waits, for a person."""
    stage = waiting["stage"].replace("_", " ")
    lines = [f"Plan of stage {stage} ({waiting['plan_kind']}):"]
    lines.append(
        json.dumps({k: v for k, v in waiting["plan"].items() if k != "rationale"}, indent=2, ensure_ascii=False)
    )
    if waiting["rationale"]:
        lines.append(f"Why: {waiting['rationale']}")
    lines += [f"{found['severity']} {found['code']}: {found['message']}" for found in waiting["findings"]]
    return "\n".join(lines) + "\n"


def review(
    ref: Ref = "latest",
    approve: Annotated[bool, typer.Option("--approve", help="Carry the plan out.")] = False,
    edit: Annotated[str | None, typer.Option(metavar="PLAN.json", help="Carry this plan out instead.")] = None,
    reject: Annotated[str | None, typer.Option(metavar="WHY", help="Ask for another; the planner is told why.")] = None,
    stop: Annotated[bool, typer.Option("--stop", help="Finish with the best so far.")] = False,
    data: Annotated[
        str | None, typer.Option(metavar="FILE", help="The new place of the table, where it moved; for --edit.")
    ] = None,
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """Show the plan that a paused run waits with, or say what is to become of it; resume then goes on."""
    import planfit
    from planfit.paths import command

    waiting = planfit.review(ref, approve=approve, edit=edit, reject=reject, stop=stop, data=data, store=store)
    if as_json:
        print_json(waiting)
        return
    said = approve or stop or edit is not None or reject is not None
    where = planfit.open_run(ref, store=store).path
    if said:
        sys.stderr.write("It is noted. The run goes on with:\n")
        sys.stdout.write(command("resume", where.name, store=where.parent) + "\n")
        return
    sys.stdout.write(told(waiting))
    for more in (("--approve",), ("--edit", "PLAN.json"), ("--reject", "WHY"), ("--stop",)):
        sys.stderr.write(f"  {command('review', where.name, *more, store=where.parent)}\n")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(review)
