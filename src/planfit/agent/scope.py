"""What planfit does not do, refused by name where a sentence plainly asks for it."""

from __future__ import annotations

import re
from typing import Final

from planfit.errors import UsageError

_MEDIA: Final = r"(images?|photos?|photographs?|pictures?|videos?|audio|recordings?)"
_FEW: Final = r"(\d+|two|three|four|five|six|seven|ten|twelve|few|several)"
_PERIODS: Final = r"(hours|days|weeks|months|quarters|years|steps|periods|values)"
NOT_DONE: Final[tuple[tuple[str, str, str], ...]] = (
    (
        rf"\bforecast\w*\b.*\bnext {_FEW} {_PERIODS}\b",
        "Forecasting several steps ahead is not what planfit does: it predicts one value of one column for a row.",
        "Make a row a period with what is known before it, name the column with --target, and split by --split time:COLUMN.",
    ),
    (
        r"^(please )?((find|build|make|discover|identify|form)\b.{0,20}\bclusters\b|cluster\b|.{0,20}\bclustering\b)",
        "Clustering is not what planfit does: it learns to predict a column whose values are known.",
        "Where a column holds the groups, name it with --target.",
    ),
    (
        rf"\b(classify|recogni[sz]e|caption|transcribe|generate|tag)( the| these| all| my| our)?( \w+)? {_MEDIA}\b(?! (feature|statistic|measurement|size|count|length|title))",
        "Images, audio and video are not what planfit works on: it learns from the columns of a table.",
        "Turn them into columns of numbers first; name the column to predict with --target.",
    ),
)  # fmt: skip
"""Pattern of the sentence, what is wrong, what to do instead."""


def refuse_what_is_not_done(sentence: str) -> None:
    """Refuse multi-step forecasting, clustering, images and audio.

    Examples
    --------
    >>> refuse_what_is_not_done("Predict which customers leave within the next 3 months")
    >>> refuse_what_is_not_done("Cluster the customers")
    Traceback (most recent call last):
    planfit.errors.UsageError: Clustering is not what planfit does: it learns to predict a column whose values are known.
    hint: Where a column holds the groups, name it with --target.
    """
    for pattern, message, hint in NOT_DONE:
        if re.search(pattern, sentence, re.IGNORECASE):
            raise UsageError(message, hint=hint)
