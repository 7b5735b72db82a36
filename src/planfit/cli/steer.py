"""Commands that change the course of a run: stop, rollback, fork."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from planfit.cli.options import (
    DEFAULT_STORE,
    AnswerWithinOption,
    BaseUrlOption,
    FallbackOption,
    ForkPrivacyOption,
    JsonOption,
    KnowledgeOption,
    MaxCallsOption,
    MaxCostOption,
    MaxTokensOption,
    PriceOption,
    QuietOption,
    RedactOption,
    Ref,
    SmallModelOption,
    StoreOption,
    listed,
)
from planfit.cli.review import ReviewOption, reviewer
from planfit.cli.tables import print_json

if TYPE_CHECKING:
    from planfit.records.events import Event
    from planfit.runs import Run


def stop(
    ref: Ref = "latest",
    now: Annotated[bool, typer.Option("--now", help="Leave at once; nothing is delivered, resume goes on.")] = False,
    wait: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.0, help="Wait for its end for so long at the most.")
    ] = 0.0,
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """Ask a run that is going elsewhere to finish with the best so far."""
    import planfit

    asked = planfit.stop(ref, now=now, wait=wait, store=store)
    if as_json:
        _json(asked)
        return
    done = asked.status
    what = "leave at once" if now else "finish with the best so far"
    sys.stderr.write(f"Run {asked.id} was asked to {what}; it is {done}.\n")


def rollback(
    ref: Ref,
    to: Annotated[str, typer.Option(metavar="STATE", help="features/v1, candidates/c004, or the number of an event.")],
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """Go back to an earlier state of a run; nothing is deleted, and resume goes on from there."""
    import planfit
    from planfit.paths import command

    back = planfit.rollback(ref, to, store=store)
    if as_json:
        _json(back)
        return
    sys.stderr.write(f"Run {back.id} stands at {to} again; what came later is set aside, not deleted.\n")
    sys.stdout.write(command("resume", back.id, store=back.path.parent) + "\n")


def fork(
    ref: Ref,
    task: Annotated[str | None, typer.Argument(metavar="[TASK]", help="A new sentence; the parent's if none.")] = None,
    planner: Annotated[str | None, typer.Option(help="Who decides; the parent's planner if none is named.")] = None,
    features: Annotated[str | None, typer.Option(metavar="PLAN.json", help="A feature plan of your own.")] = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="STAGE",
            help="Up to this stage the parent's answers stand: feature_engineering, model_search.",
        ),
    ] = None,
    data: Annotated[
        str | None, typer.Option(metavar="FILE", help="The new place of the table, where it moved.")
    ] = None,
    review: ReviewOption = None,
    base_url: BaseUrlOption = None,
    knowledge: KnowledgeOption = None,
    privacy: ForkPrivacyOption = None,
    redact: RedactOption = None,
    fallback: FallbackOption = None,
    small_model: SmallModelOption = False,
    answer_within: AnswerWithinOption = None,
    max_calls: MaxCallsOption = None,
    max_tokens: MaxTokensOption = None,
    max_cost: MaxCostOption = None,
    price: PriceOption = None,
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Branch off: a new run that shares every step of RUN whose inputs are the same."""
    asking: dict[str, Any] = {
        "base_url": base_url,
        "knowledge": knowledge,
        "privacy": privacy,
        "redact": listed(redact),
        "fallback": fallback,
        "small_model": small_model,
        "answer_within": answer_within,
        "max_calls": max_calls,
        "max_tokens": max_tokens,
        "max_cost": max_cost,
        "price": price,
    }
    import planfit
    from planfit.cli.display import Display
    from planfit.cli.main import STARTED
    from planfit.cli.train import show_ended, show_run

    begun: list[str] = []
    try:
        with Display(quiet=quiet or (as_json and not sys.stderr.isatty()), started=STARTED) as display:

            def listen(event: Event) -> None:
                begun[:] = [event.run_id]
                display(event)

            done = planfit.fork(
                ref, task, planner=planner, features=features, start=start, data=data,
                review=reviewer(review, display, as_json=as_json), store=store, on_event=listen, started=STARTED,
                **asking,
            )  # fmt: skip
    except planfit.PlanfitError:
        show_ended(begun, store, as_json)
        raise
    show_run(done, as_json)


def _json(run: Run) -> None:
    print_json(run.summary.to_json())


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(stop)
    app.command()(rollback)
    app.command()(fork)
