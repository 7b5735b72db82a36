"""Where features meet: forks with language models, plans that persons edited or took back, replay of runs with a past."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import planfit
from planfit.agent.asking import Asking as Asks
from planfit.agent.forking import following, request_of_fork
from planfit.agent.own_plan import WithOwnFeatures
from planfit.planners.base import Answer, Ask
from planfit.planners.expert.expert import Expert
from planfit.planners.in_front import InFront
from planfit.planners.scripted import Scripted
from planfit.records.calls import Asking, ModelCall
from planfit.records.findings import Finding
from planfit.records.profile import Profile
from planfit.records.scores import ArtifactRef
from planfit.store.store import Store

SENTENCE = "Predict which customers have churned"
OWN: dict[str, Any] = {"transformations": [{"column": "usage", "operation": "robust_scale"}]}
OTHER: dict[str, Any] = {"transformations": [{"column": "amount", "operation": "log1p"}]}
QUICK: dict[str, Any] = {"models": ["linear", "knn"], "holdout": "none"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    usage, amount = rng.normal(size=160), np.exp(0.6 * rng.normal(size=160) + 2)
    logit = 1.2 * usage - 0.05 * amount + 0.6 * rng.logistic(size=160)
    path = tmp_path_factory.mktemp("small") / "customers.csv"
    pd.DataFrame({"usage": usage, "amount": amount, "churned": np.where(logit > 0, "yes", "no")}).to_csv(
        path, index=False
    )
    return path


class Elsewhere:
    """A planner whose answers take their time."""

    name, online = "compatible:x", True

    def __init__(self, *calls: ModelCall) -> None:
        self.calls = calls
        self.asked: list[Ask] = []
        self.folder: Path | None = None

    def attach(self, folder: Path) -> None:
        self.folder = folder

    def propose(self, ask: Ask) -> Answer:
        self.asked.append(ask)
        return Answer(document=json.dumps(OTHER), prompt="?", calls=self.calls)


def asking() -> Ask:
    nothing = Profile.model_construct(columns=())
    given = {"plan_kind": "FeaturePlan", "stage": "feature_engineering", "round": 0, "attempt": 1}
    return Ask.model_construct(**given, sentence=SENTENCE, profile=nothing)


def again(ask: Ask, document: str, code: str) -> Ask:
    found = Finding(code=code, gate="schema", message="No.")
    return ask.model_copy(update={"attempt": ask.attempt + 1, "previous": document, "findings": (found,)})


def test_what_stands_in_front_is_waited_for_and_lists_what_leaves(tmp_path: Path) -> None:
    behind = Elsewhere()
    planner = WithOwnFeatures(InFront(behind), OWN)
    planner.attach(tmp_path)
    assert planner.online
    assert planner.name == behind.name
    assert behind.folder == tmp_path


def test_a_plan_that_is_taken_back_is_followed_by_the_other_planners() -> None:
    behind = Elsewhere()
    planner = WithOwnFeatures(behind, OWN)
    first = asking()
    mine = planner.propose(first)
    assert mine.planner == "human"
    second = again(first, mine.document, "rolled-back")
    theirs = planner.propose(second)
    assert theirs.planner is None
    third = again(second, theirs.document, "unknown-column")  # their mistake, not the person's
    planner.propose(third)
    assert [each.attempt for each in behind.asked] == [2, 3]
    with pytest.raises(planfit.UsageError, match="does not fit"):
        planner.propose(again(first, mine.document, "unknown-column"))


def test_whoever_takes_over_leaves_the_persons_plan_in_place() -> None:
    planner = WithOwnFeatures(Elsewhere(), OWN).before(Expert())
    assert not planner.online
    assert planner.name == "expert"
    assert json.loads(planner.propose(asking()).document) == OWN


def test_what_an_answer_has_cost_is_recorded_though_nobody_waited_for_it() -> None:
    call = ModelCall(provider="x", model="x", outcome="answered", mode="text", tokens_in=7)
    planner, told = Elsewhere(call), list[Any]()
    run = SimpleNamespace(
        events=(), key=lambda *parts: str(parts), find=lambda *_, **__: None, append=told.append,
        keep_text=lambda text: ArtifactRef(path="prompts/x.txt", sha256="0" * 64, bytes=1),
    )  # fmt: skip
    asks = Asks(SimpleNamespace(planner=planner, run=run, stopping=False))  # type: ignore[arg-type]
    asks.begin(asking())
    for _ in range(100):
        if planner.asked:
            break
        time.sleep(0.01)
    time.sleep(0.05)
    asks.settle()
    assert [body.kind for body in told] == ["plan_requested", "model_called"]
    assert told[1].call == call
    asks.settle()
    assert len(told) == 2


@pytest.fixture(scope="module")
def looked_over(data: Path, tmp_path_factory: pytest.TempPathFactory) -> planfit.Run:
    """A run in which a person rejected one plan of features and edited the next."""
    folder = tmp_path_factory.mktemp("looked-over")
    seen: list[Any] = []

    def look(waiting: Any) -> Any:
        if waiting.plan_kind != "FeaturePlan":
            return True
        seen.append(waiting)
        return "Simpler, please." if len(seen) == 1 else OWN

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLANFIT_HOME", str(folder / "home"))
        run = planfit.run(data, SENTENCE, max_candidates=3, review=look, store=folder / "store", **QUICK)
    assert len(seen) == 2
    return run


@pytest.fixture
def home(looked_over: planfit.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANFIT_HOME", str(looked_over.path.parent.parent / "home"))


@pytest.mark.usefixtures("home")
def test_a_fork_follows_the_plan_that_a_person_edited(looked_over: planfit.Run, data: Path) -> None:
    parent = Store(looked_over.path.parent).open(looked_over.path)
    planner = following(Elsewhere(), parent, "model_search")
    answer = planner.propose(asking())
    assert json.loads(answer.document) == OWN
    assert answer.planner == "expert"
    assert planner.online  # type: ignore[attr-defined]


@pytest.mark.usefixtures("home")
def test_a_fork_is_asked_as_its_parent_but_for_what_is_named(looked_over: planfit.Run) -> None:
    parent = Store(looked_over.path.parent).open(looked_over.path)
    nothing: dict[str, Any] = {"sentence": None, "planner": None, "features": None, "start": None}
    request = request_of_fork(parent, **nothing, asking=Asking(max_calls=3, redact=("usage",)), privacy="schema")
    assert (request.asking.max_calls, request.asking.redact, request.privacy) == (3, ("usage",), "schema")
    assert request.asking.having(max_calls=None, redact=()) == parent.request.asking
    assert request.follow is None
    with pytest.raises(planfit.UsageError, match="differs from its parent"):
        request_of_fork(parent, **nothing)


@pytest.mark.usefixtures("home")
def test_a_run_that_persons_looked_over_can_be_replayed(looked_over: planfit.Run, data: Path) -> None:
    found = planfit.replay(looked_over, data)
    assert found.equal, found.difference


@pytest.mark.usefixtures("home")
def test_a_replay_on_another_table_says_so_before_anything_else(
    looked_over: planfit.Run, data: Path, tmp_path: Path
) -> None:
    (tmp_path / "same.csv").write_text(data.read_text())
    lines = data.read_text().splitlines(keepends=True)
    (tmp_path / "fewer.csv").write_text("".join(lines[:-1]))
    (tmp_path / "other.csv").write_text("".join([*lines[:-2], lines[-1], lines[-2]]))
    for name, size in (("fewer.csv", f"{len(lines) - 1} rows"), ("other.csv", "of the same size")):
        found = planfit.replay(looked_over, tmp_path / name, out=tmp_path / "store")
        assert not found.equal
        assert found.difference is not None
        assert found.difference.startswith("the table is not the one that the run was recorded on")
        assert size in found.difference
        assert found.compared == 0
    assert not (tmp_path / "store").exists(), "it was carried out all the same"


def test_a_run_is_taken_up_with_a_language_model_that_is_asked_otherwise(data: Path, tmp_path: Path) -> None:
    def leave(event: Any) -> None:
        if event.body.kind == "step_finished" and event.body.name == "split":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        planfit.run(data, SENTENCE, max_candidates=1, models=["linear"], store=tmp_path, on_event=leave)
    with pytest.raises(planfit.UsageError, match="tier of privacy"):
        planfit.resume(store=tmp_path, privacy="everything")  # type: ignore[arg-type]
    where = {"planner": "ollama:llama3", "base_url": "http://127.0.0.1:9", "redact": ["usage"], "privacy": "schema"}
    run = planfit.resume(store=tmp_path, **where, max_calls=0)  # type: ignore[arg-type]
    assert run.status == "finished"
    assert any(event.body.what == "the expert decides from here on" for event in run.events if event.body.kind == "decision_made")  # fmt: skip
    (resumed,) = [event.body for event in run.events if event.body.kind == "run_resumed"]
    assert (resumed.asking.max_calls, resumed.asking.redact, resumed.privacy) == (0, ("usage",), "schema")
    assert resumed.asking.base_url == "http://127.0.0.1:9"
    assert run.request.asking.max_calls is None, "what the run was begun with was changed"
    assert run.verify().ok


@pytest.mark.slow
@pytest.mark.usefixtures("home")
def test_a_run_that_went_back_and_delivered_another_can_be_replayed(looked_over: planfit.Run, data: Path) -> None:
    store = looked_over.path.parent
    back = planfit.rollback(looked_over, "candidates/c002", store=store)
    done = planfit.resume(back.id, review=lambda _: True, store=store)
    found = planfit.replay(done, data)
    assert found.equal, found.difference
    others = [
        row["candidate"] for row in done.leaderboard_rows if row["candidate"] != done.summary.delivered["candidate"]
    ]
    wanted = planfit.deliver(done, others[0], store=store)
    found = planfit.replay(wanted, data)
    assert found.equal, found.difference


@pytest.mark.slow
def test_a_halted_run_and_a_stopped_one_can_be_replayed(data: Path, tmp_path: Path) -> None:
    halting = Scripted(["{", "[", "]"], only=["FeaturePlan"], otherwise=Expert())
    with pytest.raises(planfit.Halted):
        planfit.run(data, SENTENCE, max_candidates=6, planner=halting, store=tmp_path, **QUICK)

    def look(event: Any) -> None:
        if event.body.kind == "step_finished" and event.body.name == "candidate c002":
            os.kill(os.getpid(), signal.SIGINT)

    run = planfit.resume(planner="expert", store=tmp_path, on_event=look)
    assert run.status == "stopped"
    found = planfit.replay(run, data)
    assert found.equal, found.difference
