"""Small pictures in table cells: scores by fold on one scale, a gain with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planfit.records.scores import CandidateResult
from planfit.report.html import Html

WIDTH, HEIGHT, EDGE = 170, 20, 6


@dataclass(frozen=True)
class Reach:
    """The scale that all strips of a table share."""

    low: float
    high: float

    @classmethod
    def of(cls, results: Sequence[CandidateResult]) -> Reach:
        """Return the scale of candidates' scores by fold."""
        values = [value for result in results for value in _values(result)]
        return cls(min(values, default=0.0), max(values, default=1.0))

    def place(self, value: float) -> float | None:
        """Return where a value stands, None where it is off the scale."""
        width = self.high - self.low
        if not self.low <= value <= self.high:
            return None
        return WIDTH / 2 if width <= 0 else EDGE + (WIDTH - 2 * EDGE) * (value - self.low) / width


def dots(result: CandidateResult, reach: Reach) -> Html:
    """Return the scores by fold, their mean full."""
    marks = [f'<line x1="0" x2="{WIDTH}" y1="10" y2="10"></line>']
    places = [place for value in _values(result) if (place := reach.place(value)) is not None]
    marks += [f'<circle cx="{place:.1f}" cy="10" r="3.5"></circle>' for place in places]
    mean = reach.place(result.score.value)
    if mean is not None:
        marks.append(f'<circle class="mean" cx="{mean:.1f}" cy="10" r="5"></circle>')
    return _svg("strip", "scores by fold", marks)


def interval(mean: float, ends: tuple[float, float] | None, reach: float) -> Html:
    """Return a gain as a dot with its interval, around zero."""

    def place(value: float) -> float:
        return WIDTH / 2 + (WIDTH / 2 - EDGE) * (value / reach if reach else 0.0)

    marks = [f'<line class="zero" x1="{WIDTH / 2}" x2="{WIDTH / 2}" y1="1" y2="19"></line>']
    if ends is not None:
        marks.append(
            f'<line x1="{place(ends[0]):.1f}" x2="{place(ends[1]):.1f}" y1="10" y2="10" stroke-width="2"></line>'
        )
    if abs(mean) <= reach:
        marks.append(f'<circle cx="{place(mean):.1f}" cy="10" r="5"></circle>')
    return _svg("strip gain", "gain with interval, the line is no gain", marks)


def _values(result: CandidateResult) -> tuple[float, ...]:
    return (*(result.score.per_fold or tuple(fold.score for fold in result.folds)), result.score.value)


def _svg(kind: str, label: str, marks: list[str]) -> Html:
    inside = "".join(marks)
    return Html(f'<svg class="{kind}" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">{inside}</svg>')
