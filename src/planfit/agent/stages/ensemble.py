"""The weighted ensemble of what was scored: a candidate like any other, but free."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from planfit.agent.search import Search
from planfit.agent.session import Session
from planfit.agent.stages.weights import weights_of
from planfit.records.canonical import canonical_json
from planfit.records.scores import Allotment, CandidateResult, CandidateSpec, FoldOutcome
from planfit.runtime.ensembling import greedy

if TYPE_CHECKING:
    import numpy as np


def blend(session: Session, search: Search) -> CandidateResult | None:
    """Blend the candidates whose out-of-fold predictions cover the same rows; None where there are fewer than two."""
    members = _comparable(search)
    if len(members) < 2:
        return None
    key = session.key("ensemble", 1, [_member_key(session, member) for member in members])
    spec_id = search.next_id()

    def work(folder: Path) -> tuple[Any, dict[str, bytes | Path]]:
        import polars as pl

        frames = {m.spec.id: pl.read_parquet(session.run.file(m.oof)) for m in members if m.oof is not None}
        first = next(iter(frames.values()))
        rows, folds = first["row"].to_numpy(), first["fold"].to_numpy()
        names = [name for name in first.columns if name not in ("row", "fold")]
        matrices = {name: frame.select(names).to_numpy() for name, frame in frames.items()}
        weights = weights_of(session, rows)
        blended = greedy(
            matrices, _target(session)[rows], folds, search.task, seed=session.request.seed, weights=weights
        )
        spec = CandidateSpec(
            id=spec_id,
            family="ensemble",
            params={},
            features=search.adopted,
            origin="ensemble",
            members=blended.weights,
            reason=f"Greedy weights over {len(members)} candidates; the score is that of cross-fitted weights.",
        )
        path = folder / "oof.parquet"
        columns = {"row": rows, "fold": folds} | {name: blended.matrix[:, i] for i, name in enumerate(names)}
        pl.DataFrame(columns).write_parquet(path)
        score = blended.score
        made = CandidateResult(
            spec=spec,
            allotment=Allotment(folds=len(score.per_fold)),
            score=score,
            folds=tuple(FoldOutcome(fold=i, score=value) for i, value in enumerate(score.per_fold)),
        )
        base = f"candidates/{spec_id}"
        return made, {f"{base}/oof.parquet": path, f"{base}/candidate.json": canonical_json(made)}

    event = session.run.step(key, "model_search", f"ensemble {spec_id}", work, shared=False)
    refs = {Path(ref.path).name: ref for ref in event.files}
    result = CandidateResult.model_validate(event.result).having(oof=refs.get("oof.parquet"))
    search.add(result, counts=False)
    return result


def blend_what_is_new(session: Session, search: Search) -> None:
    """Blend once more before delivery, unless nothing was scored since the last ensemble. Ensembles are free."""
    origins = [result.spec.origin for result in search.results]
    if origins and origins[-1] != "ensemble":
        blend(session, search)


def _comparable(search: Search) -> list[CandidateResult]:
    """Return the scored candidates whose folds are the most that any has, best first, at most one a set of parameters."""
    scored = [result for result in search.ranked() if result.spec.origin not in ("baseline", "ensemble") and result.oof]
    if not scored:
        return []
    most = max(len(result.folds) for result in scored)
    floor = search.baseline
    members = [r for r in scored if len(r.folds) == most and search.better(r, floor)]
    if members and floor is not None and floor.oof and len(floor.folds) == most and search.task.split.kind == "group":
        # mixed with the constant, what was learned from few entities promises less of others
        members.append(floor)
    return members


def _member_key(session: Session, member: CandidateResult) -> Any:
    return [member.spec.id, member.oof.sha256 if member.oof else None]


def _target(session: Session) -> np.ndarray[Any, Any]:
    import polars as pl

    series = pl.read_parquet(session.settled.target)["target"]
    return series.to_numpy()
