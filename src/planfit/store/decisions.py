"""The decisions of a run, derived from its events one by one: what stands in ``trace.json``.

A planner's answer becomes an entry when it is judged; what came of it is filled in as later events tell. The runtime's
own decisions, by rule or by clock, are entries of the same form. This fold stands beside the log, since the log's
writer keeps ``trace.json`` current; `planfit.trace` is where it is read.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from planfit.records.canonical import digest, plain
from planfit.records.events import (
    CandidateFailedEvent,
    ClockDecided,
    CommandReceived,
    DecisionMade,
    Event,
    HoldoutOpened,
    PlanAccepted,
    PlanFailed,
    PlanProposed,
    PlanRejected,
    PlanRequested,
    RolledBack,
    RunFinished,
    RunHalted,
    RunStarted,
    RunStopped,
    Stage,
    StepFinished,
)
from planfit.records.findings import Finding
from planfit.records.scores import ArtifactRef
from planfit.store import outcomes
from planfit.store.entries import PERSON, RULES, RUNTIME, Status

Entry = dict[str, Any]
DEEPEST = 60
"""Nesting up to which a refused document is shown as JSON; deeper ones stay text."""


class Decisions:
    """The fold from events to decisions.

    Parameters
    ----------
    text_of : callable
        Returns the text of a prompt that an event announced.
    """

    def __init__(self, text_of: Callable[[ArtifactRef], str]) -> None:
        self._text_of = text_of
        self._entries: list[Entry] = []
        self._encoded: list[bytes | None] = []
        self._fell_at: list[int] = []
        """Number of the event at which each entry fell."""
        self._requested: dict[str, PlanRequested] = {}
        self._proposed: dict[str, PlanProposed] = {}
        self._by_ask: dict[str, int] = {}
        self._by_question: dict[tuple[Any, ...], int] = {}
        self._latest: dict[str, int] = {}
        self._planner = "planner"
        self._stage: Stage = "profiling"

    def apply(self, event: Event) -> bool:
        """Take in the next event; return whether any entry changed."""
        handle = getattr(self, f"_on_{event.body.kind}", None)
        return handle is not None and handle(event, event.body) is not False

    def entries(self) -> list[Entry]:
        """Return the entries as JSON values, in order."""
        self._encode_changed()
        return [dict(entry) for entry in self._entries]

    def encode(self) -> bytes:
        """Return the content of ``trace.json``: an array, one entry after the other."""
        blocks = self._encode_changed()
        return b"[\n" + b",\n".join(blocks) + b"\n]\n" if blocks else b"[]\n"

    def _encode_changed(self) -> list[bytes]:
        for index, encoded in enumerate(self._encoded):
            if encoded is None:
                entry = self._entries[index]
                entry["hash"] = digest({name: value for name, value in entry.items() if name != "hash"})
                text = json.dumps(entry, ensure_ascii=False, indent=2)
                self._encoded[index] = text.encode("utf-8", "backslashreplace")  # of a lone surrogate: valid JSON
        return [encoded for encoded in self._encoded if encoded is not None]

    # Planners

    def _on_run_started(self, event: Event, body: RunStarted) -> bool:
        self._planner = body.request.planner
        if body.forked_from is None:
            return False
        plan = {"fork_of": body.forked_from, "sentence": body.request.sentence, "follow": body.request.follow}
        prompt = f"{RULES['fork']}\nA person asked for a fork of {body.forked_from}."
        self._runtime(event, "profiling", prompt, plan, {}, None, planner=PERSON)
        return True

    def _on_step_started(self, event: Event, body: Any) -> bool:
        self._stage = body.stage
        return False

    def _on_plan_requested(self, event: Event, body: PlanRequested) -> bool:
        self._requested[body.ask_key] = body
        self._stage = body.stage
        return False

    def _on_plan_proposed(self, event: Event, body: PlanProposed) -> bool:
        self._proposed[body.ask_key] = body
        return False

    def _on_plan_rejected(self, event: Event, body: PlanRejected) -> None:
        proposed = self._proposed.get(body.ask_key)
        plan = None if proposed is None else _document(proposed.document)
        self._answer(event, body.ask_key, "rejected", plan, body.findings, outcomes.refused(body.findings))

    def _on_plan_accepted(self, event: Event, body: PlanAccepted) -> None:
        index = self._answer(event, body.ask_key, "accepted", body.plan, body.findings, {})
        requested = self._requested.get(body.ask_key)
        role = outcomes.role_of(requested.plan_kind if requested is not None else "", body.plan)
        self._latest[role] = self._latest["accepted"] = index

    def _on_plan_failed(self, event: Event, body: PlanFailed) -> bool:
        index = self._by_ask.get(body.ask_key)
        if index is None:
            return False
        before = [Finding.model_validate(finding) for finding in self._entries[index]["findings"]]
        findings = [finding.to_json() for finding in (*before, *body.findings)]
        self._change(index, status="failed", findings=findings, result=outcomes.broken(body.findings))
        return True

    def _answer(
        self, event: Event, ask_key: str, status: Status, plan: Any, findings: tuple[Finding, ...], result: Entry
    ) -> int:
        requested, proposed = self._requested.get(ask_key), self._proposed.get(ask_key)
        question: tuple[Any, ...] = ()
        parent = self._latest.get("accepted")
        if requested is not None:
            question = (requested.stage, requested.plan_kind, requested.round)
            parent = self._by_question.get((*question, requested.attempt - 1), parent)
        usage = proposed.usage if proposed is not None else None
        index = self._add(
            event,
            parent,
            requested.stage if requested is not None else self._stage,
            planner=requested.planner if requested is not None else self._planner,
            attempt=requested.attempt if requested is not None else 1,
            status=status,
            prompt=self._text_of(requested.prompt) if requested is not None else "",
            plan=plan,
            result=result,
            findings=[finding.to_json() for finding in findings],
            rationale=outcomes.rationale_of(plan),
            usage=usage.to_json() if usage is not None else None,
        )
        self._by_ask[ask_key] = index
        if requested is not None:
            self._by_question[(*question, requested.attempt)] = index
        return index

    # What came of it

    def _on_step_finished(self, event: Event, body: StepFinished) -> bool:
        self._stage = body.stage
        word = body.name.split(" ")[0]
        role = outcomes.ROLE_OF_STEP.get(word)
        index = None if role is None else self._latest.get(role)
        if word == "ensemble" and index != self._latest.get("accepted"):
            return False  # blended by the runtime, not because a planner asked
        result = None if index is None else outcomes.after_step(self._entries[index]["result"], word, body)
        if index is None or result is None:
            return False
        files = [{"path": ref.path, "sha256": ref.sha256} for ref in body.files]
        paths = {file["path"] for file in files}
        kept = [file for file in self._entries[index]["artifacts"] if file["path"] not in paths]
        self._change(index, result=result, artifacts=kept + files)
        return True

    def _on_run_finished(self, event: Event, body: RunFinished) -> bool:
        index = self._latest.get("stop")
        if index is None:
            return False
        self._change(index, result=outcomes.delivered(body))
        return True

    # The runtime

    def _on_decision_made(self, event: Event, body: DecisionMade) -> None:
        prompt = f"{body.rule}\n{body.because}"
        self._runtime(event, body.stage, prompt, {"decision": body.what}, {"figures": body.figures}, body.because)
        index = self._latest.get("features")
        if index is not None and (result := outcomes.after_decision(self._entries[index]["result"], body)) is not None:
            self._change(index, result=result)

    def _on_clock_decided(self, event: Event, body: ClockDecided) -> None:
        prompt = f"{RULES['clock']}\nAsked: {body.name.replace('_', ' ')}."
        self._runtime(event, self._stage, prompt, {"name": body.name, "value": body.value}, {"recorded": True}, None)

    def _on_candidate_failed(self, event: Event, body: CandidateFailedEvent) -> None:
        failure = body.failure
        prompt = f"{RULES['failed']}\n{failure.spec.id} ({failure.spec.family}) ended without a model: {failure.cause}."
        plan = {"candidate": failure.spec.id, "family": failure.spec.family, "then": failure.retried_as or "skipped"}
        stage: Stage = "tuning" if failure.spec.origin == "tuning" else "model_search"
        result = {"cause": failure.cause, "detail": failure.detail}
        self._runtime(event, stage, prompt, plan, result, None, status="failed", role="models")
        index = self._latest.get("models")
        if index is not None:
            self._change(index, result=outcomes.after_failure(self._entries[index]["result"], failure))

    def _on_rolled_back(self, event: Event, body: RolledBack) -> None:
        probe = outcomes.probe_figures(body.probe)
        index = self._by_ask.get(body.ask_key)
        if index is not None:
            self._change(
                index, status="rolled_back", result={**self._entries[index]["result"], "rolled_back_to": body.to}
            )
        because = body.probe.because if body.probe is not None else "A person asked for it."
        plan = {"roll_back": body.frm, "to": body.to, "by": body.by}
        self._runtime(
            event,
            "feature_engineering",
            f"{RULES['rolled_back']}\n{because}",
            plan,
            {"probe": probe},
            because,
            at=index,
        )

    def _on_holdout_opened(self, event: Event, body: HoldoutOpened) -> None:
        prompt = f"{RULES['holdout']}\nThe search is over."
        self._latest["holdout"] = self._runtime(event, "evaluation", prompt, {"open_holdout": body.opening}, {}, None)

    def _on_run_stopped(self, event: Event, body: RunStopped) -> None:
        prompt = f"{RULES['stop']}\n{body.because}"
        self._latest["stop"] = self._runtime(event, "model_search", prompt, {"stop": body.reason}, {}, body.because)

    def _on_run_halted(self, event: Event, body: RunHalted) -> None:
        plan = {"halt": body.stage, "status": body.status}
        findings = [finding.to_json() for finding in body.findings]
        index = self._runtime(
            event,
            body.stage,
            f"{RULES['halt']}\n{body.message}",
            plan,
            {"waiting_for": "a person"},
            body.message,
            status="failed",
        )
        self._change(index, findings=findings)

    def _on_command_received(self, event: Event, body: CommandReceived) -> None:
        if body.command == "deliver":
            wish = f"{RULES['deliver']}\nA person asks for {body.detail}."
            self._runtime(event, "training", wish, {"deliver": body.detail}, {}, None, planner=PERSON)
            return
        plan = {"command": body.command, "round": body.round, "detail": body.detail}
        plan |= {name: value for name in ("to", "plan") if (value := getattr(body, name)) is not None}
        if body.to is not None:
            self._set_aside(body.to)
        prompt = f"{RULES['command']}\nRound {body.round}."
        self._runtime(event, self._stage, prompt, plan, {}, None, planner=PERSON)

    def _set_aside(self, last: int) -> None:
        """Mark what was decided behind an event as rolled back, and go on from what was latest then."""
        for index, no in enumerate(self._fell_at):
            entry = self._entries[index]
            if no > last and entry["status"] == "accepted" and entry["planner"] != PERSON:
                self._change(index, status="rolled_back", result={**entry["result"], "rolled_back_by": PERSON})
        self._latest = self._before(self._latest, last)
        self._by_ask = self._before(self._by_ask, last)
        self._by_question = self._before(self._by_question, last)

    def _before(self, known: dict[Any, int], last: int) -> dict[Any, int]:
        return {name: index for name, index in known.items() if self._fell_at[index] <= last}

    def _runtime(
        self,
        event: Event,
        stage: Stage,
        prompt: str,
        plan: Entry,
        result: Entry,
        because: str | None,
        *,
        status: Status = "accepted",
        planner: str = RUNTIME,
        role: str = "accepted",
        at: int | None = None,
    ) -> int:
        parent = at if at is not None else self._latest.get(role, self._latest.get("accepted"))
        return self._add(
            event,
            parent,
            stage,
            planner=planner,
            attempt=None,
            status=status,
            prompt=prompt,
            plan=plan,
            result=result,
            findings=[],
            rationale=because,
            usage=None,
        )

    # Entries

    def _add(self, event: Event, parent: int | None, stage: Stage, **fields: Any) -> int:
        index = len(self._entries)
        head = {
            "id": f"d{index + 1:03d}",
            "run_id": event.run_id,
            "timestamp": event.at,
            "parent": None if parent is None else self._entries[parent]["id"],
            "stage": stage,
        }
        self._entries.append({**head, **plain(fields), "artifacts": [], "hash": ""})
        self._encoded.append(None)
        self._fell_at.append(event.no)
        return index

    def _change(self, index: int, **fields: Any) -> None:
        self._entries[index].update(plain(fields))
        self._encoded[index] = None


def _document(text: str) -> Any:
    """Return an answer as JSON where it is, else as text."""
    try:
        document = json.loads(text, parse_constant=lambda name: name)
    except (ValueError, RecursionError):
        return text
    return document if _depth(document) <= DEEPEST else text


def _depth(document: Any) -> int:
    deepest, level = 0, [document]
    while level:
        deepest += 1
        level = [
            child
            for item in level
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
        ]
    return deepest
