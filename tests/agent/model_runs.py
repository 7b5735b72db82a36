"""Runs that a language model plans whose answers come from a script, over a real socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import planfit
from planfit.planners.base import Planner
from planfit.planners.expert.expert import Expert
from planfit.planners.llm.build import connection
from planfit.planners.llm.calling import Caller, Money
from planfit.planners.llm.dialects import DIALECTS
from planfit.planners.llm.planner import LanguageModel
from planfit.planners.llm.sent import Sent
from planfit.records.calls import Asking
from planfit.testing.model_server import ModelServer, kind_of

FEATURES = {"transformations": [{"columns": ["age", "income"], "except": [], "operation": "ratio", "parameters": [],
            "into": "per_income", "keep_source": None, "reason": "r"}], "rationale": "x"}  # fmt: skip
TASK = {
    "target": "y", "task_type": "binary", "metric": "roc_auc", "positive_class": "1", "split": {"kind": "stratified", "column": None},
    "excluded": [{"name": "id", "code": "identifier", "reason": "tells rows apart"}], "confidence": 0.9, "alternatives": [],
    "constraints": {"seconds": None, "max_candidates": None, "families": [], "without_families": [], "simple": False},
    "notes": [], "question": None, "rationale": "x",
}  # fmt: skip
FINISH = {
    "move": "finish",
    "transformations": [],
    "candidates": [],
    "candidate": None,
    "trials": None,
    "rationale": "enough",
}
GOOD: dict[str | None, Any] = {"TaskPlan": TASK, "FeaturePlan": FEATURES, "NextStep": FINISH}


def good(body: dict[str, Any]) -> Any:
    return GOOD[kind_of(body)]


@contextmanager
def scripted_models() -> Iterator[Callable[..., Any]]:
    """Return what makes a run whose planner's answers come from a script."""
    with ExitStack() as stack:

        def planner(script: list[Any], **asking: Any) -> tuple[ModelServer, LanguageModel]:
            server = stack.enter_context(ModelServer(script))
            said, sent = Asking(**asking), Sent()
            provider = connection(DIALECTS["compatible"], "scripted", server.url, sent)
            caller = Caller(provider, said, Money(own=True), pause=lambda _: None)
            model = LanguageModel(
                "compatible:scripted", caller, said, "profile", Expert(), sent=sent, local=True, seconds=1.0
            )
            return server, model

        yield planner


def carry_out(table: Path, store: Path, model: Planner, **more: Any) -> planfit.Run:
    usual: dict[str, Any] = {"max_candidates": 2, "models": ["linear", "lightgbm"], "target": "y"}
    return planfit.run(table, "Predict y", planner=model, store=store, **{**usual, **more})
