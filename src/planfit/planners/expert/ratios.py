"""Which pairs of numbers make a sensible ratio: an amount over the count that it grew with, by names and magnitudes."""

from __future__ import annotations

from dataclasses import dataclass

from planfit.planners.expert.rules import figure
from planfit.planners.expert.words import ABBREVIATIONS, stem, tokens
from planfit.records.profile import ColumnProfile

MOST_RATIOS = 3
MOST_ZEROS = 0.2
"""Share of zeros in the lower column above which the ratio is mostly undefined."""


def _stems(words: str) -> frozenset[str]:
    return frozenset(stem(word) for word in words.split())


TOTALS = _stems("total sum overall cumulative lifetime gross")
AMOUNTS = _stems(
    "amount charges charge cost price income balance bill billed revenue sales spend spending spent payment payments paid salary "
    "expense expenses loan debt credit rooms bedrooms population consumption distance purchases orders value"
)
COUNTS = _stems(
    "count tenure months month years days weeks hours rooms bedrooms households household persons person people members family customers "
    "units quantity items term visits calls trips nights number times orders employees children cylinders"
)
DURATIONS = _stems("tenure months month years days weeks hours nights term")
FLOWS = _stems("amount payment payments paid bill billed cost spend spending spent distance consumption loan")
"""What grows with time even where it is not called a total."""
LOOSE = _stems("year month day hour number times")
"""Words that are as often a date or a code as a count; they need a total above them."""
NEVER = _stems(
    "monthly daily weekly yearly hourly annual unit id code zip index flag rate ratio pct percent percentage latitude longitude score rank average mean median std"
)


@dataclass(frozen=True)
class Pair:
    """A ratio worth making."""

    upper: str
    lower: str
    score: float
    says: str


def sensible_ratios(columns: list[ColumnProfile], rows: int) -> list[Pair]:
    """Return at most three pairs, the best first."""
    found: list[Pair] = []
    # of thousands of columns few have such a name
    uppers = [column for column in columns if _words(column.name) & (TOTALS | AMOUNTS)]
    lowers = [column for column in columns if _words(column.name) & COUNTS]
    for upper in uppers:
        for lower in lowers:
            pair = _judge(upper, lower, rows) if upper.name != lower.name else None
            if pair is not None:
                found.append(pair)
    kept: list[Pair] = []
    for pair in sorted(found, key=lambda pair: (-pair.score, pair.upper, pair.lower)):
        # a over b and b over a say the same
        if len(kept) < MOST_RATIOS and not any({pair.upper, pair.lower} == {old.upper, old.lower} for old in kept):
            kept.append(pair)
    return kept


def _judge(upper: ColumnProfile, lower: ColumnProfile, rows: int) -> Pair | None:
    above, below = _words(upper.name), _words(lower.name)
    if above & NEVER or below & NEVER or upper.n_unique <= 10 or lower.n_unique <= 2:
        return None
    total, amount, count = bool(above & TOTALS), bool(above & AMOUNTS), bool(below & COUNTS)
    if not count or not (total or amount) or (below <= LOOSE and not total) or above == below:
        return None
    if not total and below <= DURATIONS and not above & FLOWS:
        return None
    if not _magnitudes_fit(upper, lower, rows):
        return None
    zeros = lower.zeros or 0
    score = 1.0 * total + 0.6 * amount + (0.2 if below & LOOSE else 0.6) - 0.5 * bool(below & TOTALS)
    ends = f"`{lower.name}` (mean {figure(lower.mean or 0.0)}, zero in {zeros} of {rows} rows)"
    says = f"`{upper.name}` (mean {figure(upper.mean or 0.0)}) grows with {ends}: what it is per unit does not"
    return Pair(upper.name, lower.name, round(score, 3), says)


def _magnitudes_fit(upper: ColumnProfile, lower: ColumnProfile, rows: int) -> bool:
    low = lower.minimum
    if not isinstance(low, int | float) or low < 0 or (lower.zeros or 0) > MOST_ZEROS * rows:
        return False
    if upper.mean is None or lower.mean is None or lower.mean <= 0 or upper.mean <= 0:
        return False
    return upper.mean >= lower.mean or bool(_words(upper.name) & COUNTS)


def _words(name: str) -> frozenset[str]:
    return frozenset(stem(ABBREVIATIONS.get(part, part)) for part in tokens(name) if not part.isdigit())
