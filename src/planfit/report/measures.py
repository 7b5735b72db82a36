"""Figures that are derived from facts: latency of a candidate, interval of a gain."""

from __future__ import annotations

from typing import Final

from planfit.records.scores import CandidateResult, Probe
from planfit.report.run_facts import RunFacts

STUDENT: Final = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}
"""97.5 % quantile of Student's t by degrees of freedom."""


def latency(facts: RunFacts, result: CandidateResult) -> float | None:
    """Return milliseconds a thousand rows that predicting took in the cross-validation, an ensemble's members added up."""
    if result.spec.members:
        parts = [latency(facts, member) for name, _ in result.spec.members if (member := facts.candidate(name))]
        known = [part for part in parts if part is not None]
        return sum(known) if known and len(known) == len(result.spec.members) else None
    seconds = sum(fold.predict_seconds for fold in result.folds)
    return 1e6 * seconds / result.score.rows if seconds and result.score.rows else None


def gain_interval(probe: Probe) -> tuple[float, float] | None:
    """Return the 95 % interval of what a feature set gained, from the corrected standard error over the folds.

    Examples
    --------
    >>> probe = Probe(child="v1", parent="v0", metric="roc_auc", differences=(0.1, 0.2, 0.3), mean=0.2, corrected_se=0.01,
    ...               verdict="better", because="")
    >>> [round(end, 3) for end in gain_interval(probe)]
    [0.157, 0.243]
    """
    if probe.mean is None or probe.corrected_se is None or len(probe.differences) < 2:
        return None
    half = STUDENT.get(len(probe.differences) - 1, 2.1) * probe.corrected_se
    return probe.mean - half, probe.mean + half
