"""Commands about the runs of a store: runs, compare, gc."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from planfit.cli.options import DEFAULT_STORE, JsonOption, StoreOption
from planfit.cli.tables import print_json, print_table, table_of

if TYPE_CHECKING:
    pass


def runs(store: StoreOption = DEFAULT_STORE, as_json: JsonOption = False) -> None:
    """List the runs of a store, newest first."""
    import planfit
    from planfit.amounts import spoken_bytes, spoken_seconds
    from planfit.store.collect import age_of, size_of
    from planfit.store.store import Store

    found = []
    for reader in reversed(Store(store).runs()):
        try:
            found.append((planfit.Run(reader).summary, age_of(reader), size_of(reader), reader.request.sentence))
        except planfit.DamagedRun as error:
            sys.stderr.write(f"{reader.path.name}: {error.message}\n")
    if as_json:
        print_json(
            [
                {**summary.to_json(), "sentence": sentence, "age_seconds": age, "bytes": size}
                for summary, age, size, sentence in found
            ]
        )
        return
    if not found:
        sys.stderr.write(f'There is no run in {store}. `planfit run DATA "TASK"` begins one.\n')
        return
    table = table_of("run", "status", "task", "target", "metric", "score", "candidates", "seconds", "age", "size")
    for summary, age, size, sentence in found:
        score = (summary.cv or {}).get("score")
        table.add_row(
            summary.run_id,
            summary.status,
            sentence if len(sentence) <= MOST_OF_SENTENCE else f"{sentence[: MOST_OF_SENTENCE - 1]}…",
            summary.target or "",
            summary.metric or "",
            "" if score is None else f"{score:.5g}",
            str(summary.candidates),
            f"{summary.seconds:.1f}",
            spoken_seconds(age) if age < DAY else f"{age / DAY:.0f} days",
            spoken_bytes(size),
        )
    print_table(table)


MOST_OF_SENTENCE = 32
DAY = 86_400.0


def compare(
    refs: Annotated[
        list[str], typer.Argument(metavar="RUN RUN...", help="Two or more runs; the first is the measure.")
    ],
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """Compare runs: what was planned differently, and whether one is better on the same rows."""
    import planfit
    from planfit.amounts import spoken_seconds

    found = planfit.compare(*refs, store=store)
    if as_json:
        print_json(found.to_json())
        return
    table = table_of("", "run", "status", "metric", "score", "delivered", "features", "candidates", "time", "cost")
    for side in found.sides:
        table.add_row(
            side.letter,
            side.run_id,
            side.status,
            side.metric or "",
            "" if side.score is None else f"{side.score:.5g}",
            "" if side.candidate is None else f"{side.candidate}, {side.family}",
            side.features or "",
            str(side.candidates),
            spoken_seconds(side.seconds),
            "" if side.cost_usd is None else f"${side.cost_usd:.3f}" if side.calls else "none",
        )
    print_table(table)
    same = {"table": found.same_data, "task": found.same_task, "folds": found.same_split}
    lines = [f"{name}: {'the same' if equal else 'not the same'}" for name, equal in same.items()]
    lines += found.differences
    lines += [f"{pair.verdict}{f' ({pair.how})' if pair.how else ''}" for pair in found.pairs]
    sys.stdout.write("\n" + "\n".join(lines) + "\n")


def gc(
    keep: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="Keep the newest N runs, remove older ones that have ended.")
    ] = None,
    older_than: Annotated[
        str | None, typer.Option(metavar="TIME", help="Remove runs that ended longer ago, e.g. 30d, 12h.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Remove; without it, only say what would go.")] = False,
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """Remove what no run refers to, and old runs where asked; says what would go, unless --yes."""
    from planfit.amounts import counted, seconds_of, spoken_bytes
    from planfit.store.collect import collect
    from planfit.store.store import Store

    seconds = None if older_than is None else seconds_of(older_than)
    done = collect(Store(store), keep=keep, older_than=seconds, really=yes)
    if as_json:
        print_json(done.to_json())
        return
    for name in done.runs:
        sys.stdout.write(f"{name}\n")
    for name in done.kept_back:
        sys.stderr.write(f"{name} stays: it has not ended, or its record is damaged.\n")
    if not (done.runs or done.objects or done.steps or done.leftovers):
        sys.stderr.write("There is nothing to remove: every file belongs to a run that stays.\n")
        return
    verb = "Removed" if yes else "Would remove"
    sys.stderr.write(
        f"{verb} {counted(len(done.runs), 'run')}, {counted(done.objects, 'file')} and {counted(done.steps, 'shared step')} "
        f"that no run refers to, {counted(done.leftovers, 'leftover')}: {spoken_bytes(done.bytes)}.\n"
    )
    if not yes:
        sys.stderr.write("Nothing is removed yet; the same with --yes does it.\n")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(runs)
    app.command()(compare)
    app.command()(gc)
