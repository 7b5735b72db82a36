"""Which candidate is delivered: the most accurate, the best that is quick enough, or the simplest that is as good."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from planfit.agent import own_scorer
from planfit.agent.jobs import carry_out_job
from planfit.agent.search import Search
from planfit.agent.session import Session
from planfit.errors import CandidateFailed
from planfit.models.registry import families
from planfit.records.events import WarningRaised
from planfit.records.findings import Finding
from planfit.records.jobs import JobFailed, LatencyJob
from planfit.records.scores import CandidateResult
from planfit.runtime.evaluate import corrected_se

ENSEMBLE: Final = 10
"""No family is less simple than an ensemble."""
RULES: Final = {
    "accurate": (
        "Deliver the candidate with the best cross-validated score, or the ensemble where the folds do not tell it from that: "
        "a single model is flattered by having been picked among many, a cross-fitted ensemble is not. The holdout has no say."
    ),
    "balanced": "Deliver the candidate with the best cross-validated score whose model answers one row within the latency.",
    "simple": "Deliver the simplest candidate within one corrected standard error of the best, compared fold by fold.",
}
HEADROOM: Final = 0.65
"""Of a latency that is asked for; the rest is for the call around the model, and for a model fitted again on more rows."""
SECONDS_TO_MEASURE: Final = 60.0


def choose(session: Session, search: Search) -> CandidateResult:
    """Choose what is delivered, by the rule that was asked for; the baseline if nothing beats it.

    Where the sentence asks for a model that can be read, ensembles are not among the choice.
    """
    alone = search.task.constraints is not None and search.task.constraints.simple
    own = session.request.scorer is not None
    judged = own_scorer.judged(session, search) if own else search.ranked()
    least = 2 if not alone else len(judged) + 1  # an ensemble of one member is that member, by another name
    ranked = [result for result in judged if not result.spec.members or len(result.spec.members) >= least]
    if not ranked:
        raise CandidateFailed(
            "Not even the baseline could be scored.",
            cause="exception",
            hint=f"`planfit trace {session.run.id}` shows why; `planfit resume {session.run.id}` tries again.",
        )
    match session.request.deliver:
        case "balanced":
            found, why, figures = _quick_enough(session, search, ranked)
        case "simple":
            found, why, figures = _simplest(search, ranked, greater=own or search.task.greater_is_better)
        case _:
            found, why, figures = _most_accurate(
                search, ranked, greater=own or search.task.greater_is_better, alone=alone
            )
    session.note(
        "training",
        RULES[session.request.deliver]
        + (f" {own_scorer.RULE}" if own else "")
        + (" A single model, since the sentence asks for one that can be read." if alone else ""),
        f"{found.spec.id} ({found.spec.family}) is delivered",
        why,
        candidate=found.spec.id,
        score=found.score.value,
        **figures,
    )
    return search.find(found.spec.id)


def _most_accurate(
    search: Search, ranked: list[CandidateResult], *, greater: bool, alone: bool
) -> tuple[CandidateResult, str, dict[str, float]]:
    """Return the best, or an ensemble that the folds do not tell from it."""
    best = ranked[0]
    blended = next((other for other in ranked if other.spec.members), None)
    if blended is not None and blended is not best and best.spec.origin != "baseline":
        gap, error = _behind(search, blended, best, greater) if _comparable(blended, best) else (math.inf, None)
        if gap <= (error or 0.0):
            why = (
                f"Its {_score(blended)}, which owes nothing to choosing, is {gap:.4g} behind the {best.score.value:.6g} of "
                f"{best.spec.id} ({best.spec.family}), the best of {sum(not each.spec.members for each in ranked)}: within one corrected standard error "
                f"of that ({error or 0.0:.4g})."
            )
            return blended, why, {"best": best.score.value, "behind": gap, "corrected_se": error or 0.0}
    readable = " but for ensembles, which nobody can read" if alone else ""
    return best, f"Its {_score(best)} is the best of {len(search.results)}{readable}.", {}


def _comparable(one: CandidateResult, other: CandidateResult) -> bool:
    return len(one.score.per_fold) == len(other.score.per_fold)


def _simplest(
    search: Search, ranked: list[CandidateResult], *, greater: bool
) -> tuple[CandidateResult, str, dict[str, float]]:
    """Return the simplest candidate that the folds do not tell from the best; of equally simple ones the better."""
    best = ranked[0]
    near = [best, *(other for other in ranked[1:] if _as_good(search, other, best, greater))]
    found = min(near, key=_complexity)  # the first among equals, which is the better
    if found is best:
        return best, f"No simpler candidate comes within one standard error of its {_score(best)}.", {}
    gap, error = _behind(search, found, best, greater)
    return (
        found,
        f"Its {_score(found)} is {gap:.4g} behind the {best.score.value:.6g} of {best.spec.id} ({best.spec.family}), "
        f"within one corrected standard error of that ({error or 0.0:.4g}), and it is simpler.",
        {"best": best.score.value, "behind": gap, "corrected_se": error or 0.0},
    )


def _complexity(result: CandidateResult) -> int:
    family = families().get(result.spec.family)
    return ENSEMBLE if result.spec.members or family is None else family.simplicity


def _as_good(search: Search, other: CandidateResult, best: CandidateResult, greater: bool) -> bool:
    if not _comparable(other, best):
        return False
    gap, error = _behind(search, other, best, greater)
    return gap <= (error or 0.0)


def _behind(search: Search, other: CandidateResult, best: CandidateResult, greater: bool) -> tuple[float, float | None]:
    """Return by how much a candidate is behind on the same folds, and the corrected standard error of that."""
    sign = 1.0 if greater else -1.0
    gaps = [sign * (a - b) for a, b in zip(best.score.per_fold, other.score.per_fold, strict=True)]
    ratio = 1.0 / (search.split.n_folds - 1) if search.split.n_folds > 1 else None
    return sum(gaps) / len(gaps), corrected_se(gaps, ratio)


def _quick_enough(
    session: Session, search: Search, ranked: list[CandidateResult]
) -> tuple[CandidateResult, str, dict[str, float]]:
    """Return the best candidate that answers within the latency; the quickest, with a warning, where none does."""
    limit = session.request.max_latency_ms or 0.0
    measured: list[tuple[float, CandidateResult]] = []
    for result in ranked:
        took = one_row_ms(session, search, result)
        if took is None:
            continue
        if took <= HEADROOM * limit:
            why = f"One row takes it {took:.2g} ms, and its {_score(result)} is the best of those within {limit:g} ms."
            return result, why + _slower(measured), {"one_row_ms": took, "max_latency_ms": limit}
        measured.append((took, result))
    if not measured:
        return ranked[0], "No latency could be measured; the best is delivered.", {"max_latency_ms": limit}
    took, found = min(measured, key=lambda entry: entry[0])
    text = f"No candidate answers one row within {limit:g} ms; the quickest, {found.spec.id}, takes {took:.2g} ms."
    return found, text, {"one_row_ms": took, "max_latency_ms": limit}


def one_row_ms(session: Session, search: Search, result: CandidateResult) -> float | None:
    """Return how long one row takes a candidate, by a recorded measurement; None where it could not be measured.

    One fold model stands for each member, as one model fitted again on all rows will.
    """
    members = result.spec.members or ((result.spec.id, 1.0),)
    found = [(name, weight, search.find(name).models[:1]) for name, weight in members]
    if not all(refs for _, _, refs in found):
        return None
    key = session.key("one_row_ms", 1, [[name, weight, refs[0].sha256] for name, weight, refs in found])

    def measure() -> float | None:
        files = tuple((name, weight, (str(session.run.file(refs[0])),)) for name, weight, refs in found)
        job = LatencyJob(material=session.settled, members=files, families=search.families_of(members))
        done = carry_out_job(session, job, seconds=SECONDS_TO_MEASURE)
        return None if isinstance(done, JobFailed) else round(float(done.result["one_row_ms"]), 4)

    took: float | None = session.run.decide("one_row_ms", key, measure)
    return took


def say_if_slower(session: Session, took: float) -> None:
    """Warn where the delivered model does not keep to the latency that was asked for."""
    limit = session.request.max_latency_ms
    if limit is not None and took > limit:
        text = f"One row takes the delivered model {took:.2g} ms, more than the {limit:g} ms asked for."
        finding = Finding(code="too-slow", gate="data", severity="warning", message=text)
        session.run.once(WarningRaised(key=session.key("warning", 1, finding), stage="training", finding=finding))


def _slower(measured: Iterable[tuple[float, CandidateResult]]) -> str:
    shown = [f"{result.spec.id} takes {took:.2g} ms" for took, result in measured]
    return f" Better ones are slower: {', '.join(shown[:5])}." if shown else ""


def _score(result: CandidateResult) -> str:
    loss = result.score.log_loss
    more = "" if loss is None else f", which nothing betters, with a log loss of {loss:.2g}"
    return f"cross-validated {result.score.metric} of {result.score.value:.6g}{more}"
