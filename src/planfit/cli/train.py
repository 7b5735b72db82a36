"""Commands that train: run, demo, resume, deliver."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from planfit import settings
from planfit.cli.options import (
    DATA_HELP,
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
    PrivacyOption,
    QuietOption,
    RedactOption,
    Ref,
    SmallModelOption,
    StoreOption,
    TargetOption,
    listed,
    somebody_answers,
    whole,
)
from planfit.cli.review import ReviewOption, prompting, reviewer

if TYPE_CHECKING:
    from planfit.records.events import Event
    from planfit.runs import Run

Choice = Annotated


def run(
    data: Annotated[str, typer.Argument(metavar="DATA", help=DATA_HELP)],
    task: Annotated[str, typer.Argument(metavar="TASK", help='What is wanted, e.g. "Predict customer churn".')],
    planner: Annotated[
        str, typer.Option(metavar="NAME", help="Who decides: expert, or a language model as PROVIDER:MODEL.")
    ] = "expert",
    target: TargetOption = None,
    task_type: Annotated[
        str | None, typer.Option(metavar="TYPE", help="Kind of task: binary, multiclass or regression.")
    ] = None,
    metric: Annotated[str | None, typer.Option(help="How it is judged, e.g. roc_auc, rmse.")] = None,
    positive_class: Annotated[str | None, typer.Option(metavar="VALUE", help="The class that counts as yes.")] = None,
    split: Annotated[
        str | None, typer.Option(metavar="KIND[:COLUMN]", help="random, stratified, time:COLUMN, group:COLUMN.")
    ] = None,
    sample_weight: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="How much each row counts: a column of positive numbers.")
    ] = None,
    exclude: Annotated[str | None, typer.Option(metavar="A,B", help="Columns that no model may use.")] = None,
    include: Annotated[
        str | None, typer.Option(metavar="A,B", help="Columns that stay in, whatever speaks against them.")
    ] = None,
    holdout: Annotated[
        str, typer.Option(metavar="auto|SHARE|FILE|none", help="Rows for the one final score.")
    ] = "auto",
    time_limit: Annotated[
        str | None, typer.Option(metavar="TIME", help="30s, 5m, 1h. Default 10m without --max-candidates.")
    ] = None,
    memory_limit: Annotated[str | None, typer.Option(metavar="SIZE", help="4GB, 800MB; for all jobs together.")] = None,
    max_candidates: Annotated[
        int | None,
        typer.Option(
            parser=whole, metavar="N", help="Scored configurations; alone, it makes a run reproducible to the bit."
        ),
    ] = None,
    patience: Annotated[
        int, typer.Option(parser=whole, metavar="N", help="Candidates without improvement until it has converged.")
    ] = settings.PATIENCE,
    models: Annotated[str | None, typer.Option(metavar="A,B", help="Model families that may be used.")] = None,
    features: Annotated[str | None, typer.Option(metavar="PLAN.json", help="A feature plan of your own.")] = None,
    deliver: Annotated[
        str,
        typer.Option(
            metavar="RULE",
            help="accurate: the best. balanced: the best within --max-latency. simple: the simplest that is as good.",
        ),
    ] = "accurate",
    max_latency: Annotated[
        str | None, typer.Option(metavar="TIME", help="What one row may take, e.g. 5ms; with --deliver balanced.")
    ] = None,
    table_format: Annotated[
        str, typer.Option(metavar="parquet|csv", help="Format of the transformed training table.")
    ] = "parquet",
    seed: Annotated[int, typer.Option(parser=whole, metavar="N", help="Decides what chance decides.")] = settings.SEED,
    review: ReviewOption = None,
    base_url: BaseUrlOption = None,
    knowledge: KnowledgeOption = None,
    privacy: PrivacyOption = "profile",
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
    """Train a model on DATA for the TASK that is told in one sentence."""
    arguments: dict[str, Any] = {
        "planner": planner,
        "target": target,
        "task_type": task_type,
        "metric": metric,
        "positive_class": positive_class,
        "split": split,
        "sample_weight": sample_weight,
        "exclude": listed(exclude),
        "include": listed(include),
        "holdout": holdout,
        "time_limit": time_limit,
        "memory_limit": memory_limit,
        "max_candidates": max_candidates,
        "patience": patience,
        "models": listed(models),
        "features": features,
        "deliver": deliver,
        "max_latency": max_latency,
        "table_format": table_format,
        "seed": seed,
        "review": review,
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
        "store": store,
    }
    carry_out(data, task, arguments, as_json=as_json, quiet=quiet)


def demo(
    time_limit: Annotated[str, typer.Option(metavar="TIME", help="How long the search may take.")] = "45s",
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Run the main job on a real table that ships with planfit: which telephone customers will leave?"""
    from planfit.demo import SENTENCE, table_path

    with table_path() as path:
        if not quiet:
            sys.stderr.write(f'planfit run telco_churn.csv "{SENTENCE}" --time-limit {time_limit}\n\n')
        carry_out(str(path), SENTENCE, {"time_limit": time_limit, "store": store}, as_json=as_json, quiet=quiet)


def resume(
    ref: Ref = "latest",
    planner: Annotated[str | None, typer.Option(help="Another planner for the questions that are still open.")] = None,
    data: Annotated[
        str | None, typer.Option(metavar="FILE", help="The new place of the table, where it moved.")
    ] = None,
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
    """Go on with a run where it stopped; what is finished is found again and not repeated."""
    import planfit
    from planfit.cli.display import Display
    from planfit.cli.main import STARTED

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
    before = planfit.open_run(ref, store=store)
    if before.status in ("finished", "stopped"):
        if not quiet:
            sys.stderr.write(f"Run {before.id} is {before.status}; there is nothing left to do.\n")
        show_run(before, as_json)
        return
    with Display(quiet=quiet or (as_json and not sys.stderr.isatty()), started=STARTED) as display:
        display.know(before.request.limits)
        try:
            done = planfit.resume(
                ref, planner=planner, data=data, review=prompting(display, as_json=as_json), store=store,
                on_event=display, started=STARTED, **asking,
            )  # fmt: skip
        except planfit.PlanfitError:
            show_ended([before.id], store, as_json)
            raise
    show_run(done, as_json)


def deliver(
    ref: Ref,
    candidate: Annotated[
        str,
        typer.Option(
            metavar="ID", help="Which candidate takes the model's place, e.g. c007; `planfit tried` lists them."
        ),
    ],
    data: Annotated[
        str | None, typer.Option(metavar="FILE", help="The new place of the table, where it moved.")
    ] = None,
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Deliver another candidate of a run that has ended; the holdout is not opened again."""
    import planfit
    from planfit.cli.display import Display
    from planfit.cli.main import STARTED

    with Display(quiet=quiet or (as_json and not sys.stderr.isatty()), started=STARTED) as display:
        done = planfit.deliver(ref, candidate, data=data, store=store, on_event=display, started=STARTED)
    show_run(done, as_json)


def carry_out(data: Any, task: str, arguments: dict[str, Any], *, as_json: bool, quiet: bool) -> None:
    """Run and show what came of it; a question is asked where somebody can answer it."""
    import planfit
    from planfit.cli.display import Display
    from planfit.cli.main import STARTED

    begun: list[str] = []
    try:
        with Display(quiet=quiet, started=STARTED) as display:

            def listen(event: Event) -> None:
                if not begun:
                    begun.append(event.run_id)
                display(event)

            looked_at = reviewer(arguments.get("review"), display, as_json=as_json)
            done = planfit.run(data, task, on_event=listen, started=STARTED, **{**arguments, "review": looked_at})
    except planfit.QuestionAsked as question:
        answer = _ask(question.document) if somebody_answers(as_json) else None
        if answer is not None:
            carry_out(
                data,
                task,
                {**arguments, question.document.get("option", "target"): answer},
                as_json=as_json,
                quiet=quiet,
            )
            return
        show_ended(begun, arguments["store"], as_json)
        raise
    except planfit.PlanfitError:
        show_ended(begun, arguments["store"], as_json)
        raise
    show_run(done, as_json)


def show_ended(begun: list[str], store: str, as_json: bool) -> None:
    """Print the document of a run that ended without a model; what was refused before it could begin left none."""
    import planfit

    if not begun:
        return
    try:
        ended = planfit.open_run(begun[0], store=store).summary
    except planfit.UsageError:
        return
    if as_json:
        _print_json(ended.to_json())
    elif ended.halted is not None:
        from planfit.cli.closing import closing_text

        sys.stderr.write(closing_text(ended))


def _ask(question: dict[str, Any]) -> str | None:
    ranked = question.get("alternatives", [])
    sys.stderr.write(f"\n{question['text']}\n")
    width = max((len(alternative["target"]) for alternative in ranked[:9]), default=0)
    for number, alternative in enumerate(ranked[:9], 1):
        sys.stderr.write(f"  {number}  {alternative['target']:<{width}}  {alternative['evidence']}\n")
    sys.stderr.write("Type a number or the name of any column; nothing ends the run. ")
    sys.stderr.flush()
    try:
        answer = input().strip()
    except EOFError:
        return None
    if answer.isdigit() and 1 <= int(answer) <= len(ranked):
        return str(ranked[int(answer) - 1]["target"])
    return answer or None


def show_run(done: Run, as_json: bool) -> None:
    if as_json:
        _print_json(done.summary.to_json())
        return
    from planfit.cli.closing import closing_text

    sys.stdout.write(closing_text(done.summary))


def _print_json(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(run)
    app.command()(demo)
    app.command()(resume)
    app.command()(deliver)
