"""Judging a person's edit before it is noted: the run goes on in a copy of its record, up to the gates that judge the plan."""

from __future__ import annotations

import os
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from planfit.agent import conduct
from planfit.agent.forking import parent_of
from planfit.agent.replaying import answers_of
from planfit.agent.reviewing import command_of
from planfit.errors import PlanfitError, UsageError
from planfit.paths import seen_from_here
from planfit.planners.recorded import Recorded
from planfit.records.findings import Finding
from planfit.records.review import Verdict, Waiting
from planfit.store import log
from planfit.store.files import explained, temporary_name
from planfit.store.objects import TEMPORARIES
from planfit.store.reader import RunReader, announced_by
from planfit.store.store import Store
from planfit.store.verify import TRACE

CHANGES: Final = frozenset({log.EVENTS, log.HEAD, TRACE})
"""Files of a run that are written on: copied, where the others get a second name."""
PASSING: Final = frozenset({"lock", "inbox", "scratch", "unfinished"})


class _Judged(BaseException):
    """The plan has been judged; nothing after that is of interest here."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self.findings = findings


def refuse_what_does_not_hold(
    store: Store, reader: RunReader, waiting: Waiting, verdict: Verdict, data: str | Path | None
) -> None:
    """Refuse an edited plan that the gates would refuse when the run goes on with it; the record itself is not touched.

    Raises
    ------
    UsageError
        The plan does not hold, with everything that is wrong with it; or the table has moved or changed.
    """
    wrong = [found.sentence() for found in judged(store, reader, waiting, verdict, data) if found.refuses]
    if wrong:
        raise UsageError(
            f"The plan does not hold, and nothing was noted: {' '.join(wrong)}",
            hint=f"Mend it; `planfit review {reader.id}` shows the plan at hand.",
        )


def judged(
    store: Store, reader: RunReader, waiting: Waiting, verdict: Verdict, data: str | Path | None
) -> tuple[Finding, ...]:
    """Return what the gates say of the plan that a person gives instead of the one that waits."""
    folder = temporary_name(reader.root / TEMPORARIES, "review")

    def refused(again: Waiting) -> Any:
        raise _Judged(again.findings)

    def watch(event: Any) -> None:
        body = event.body
        if body.kind == "plan_accepted" and body.ask_key == waiting.ask_key:
            raise _Judged(body.findings)
        if body.kind == "run_stopped":  # Ctrl-C, and nothing is to be delivered from here
            raise KeyboardInterrupt

    try:
        copy = Store(folder)
        _copy(reader, folder / reader.id)
        run = copy.resume(reader.id)
        with closing(run):
            run.append(command_of(verdict, waiting.ask_key, len(run.events)))
        conduct.go_on(
            copy, reader.id, Recorded(reader.request.planner, answers_of(reader)), data,
            reviewer=refused, listener=watch, started=None, parent=parent_of(store, reader),
        )  # fmt: skip
    except _Judged as found:
        return found.findings
    except PlanfitError as error:  # what it tells of is the run, not its copy
        for copied, true in ((folder, reader.root), (seen_from_here(folder), seen_from_here(reader.root))):
            error.message = error.message.replace(str(copied), str(true))
            error.hint = error.hint and error.hint.replace(str(copied), str(true))
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    raise UsageError(
        f"Run {reader.id} does not come back to the plan that waits.",
        hint=f"`planfit resume {reader.id}` goes on with it.",
    )


def _copy(reader: RunReader, target: Path) -> None:
    """Give everything in a run's folder, and the objects that its events name, a second name in another store."""
    with explained(f"A copy of run {reader.id} cannot be made"):
        shutil.copytree(
            reader.path, target, copy_function=_second_name, ignore=lambda _, names: [n for n in names if n in PASSING]
        )
        kept = target.parent / "objects"
        kept.mkdir(exist_ok=True)
        for ref in {ref.sha256 for event in reader.events for ref in announced_by(event)}:
            source = reader.root / "objects" / ref
            if source.is_file():
                _second_name(str(source), str(kept / ref))


def _second_name(source: str, target: str) -> str:
    if Path(source).name not in CHANGES:
        try:
            os.link(source, target)
        except OSError:  # no links here
            pass
        else:
            return target
    return str(shutil.copy2(source, target))
