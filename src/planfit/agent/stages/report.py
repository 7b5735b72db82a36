"""The report: written from the record alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from planfit.agent.session import Session
from planfit.report.facts import facts_of
from planfit.report.markdown import render


def write_report(session: Session) -> None:
    """Write ``report.md``; keyed by the last event, since it tells everything that came before."""
    run = session.run
    bundle = run.find_last("step_finished", name="bundle")
    key = session.key("report", 1, bundle.key if bundle is not None else None)

    def work(_: Path) -> tuple[Any, dict[str, bytes]]:
        text = render(facts_of(run))
        return {"characters": len(text)}, {"report.md": text.encode("utf-8")}

    run.step(key, "report", "report", work, shared=False)
