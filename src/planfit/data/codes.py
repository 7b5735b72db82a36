"""Whole numbers that mean categories: by the column's name and by its values together."""

from __future__ import annotations

from typing import Final

from planfit.data.names import words_of


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CALENDAR: Final = {
    **dict.fromkeys(("month", "mnth", "mo", "monat", "mois", "mes", "mese", "maand"), (0, 12)),
    **dict.fromkeys(("weekday", "wday", "dow", "dayofweek", "wochentag"), (0, 7)),
    **dict.fromkeys(("quarter", "qtr", "quartal", "trimestre"), (0, 4)),
    **dict.fromkeys(("season", "saison", "jahreszeit"), (0, 4)),
    **dict.fromkeys(("hour", "hr", "stunde", "heure", "hora"), (0, 24)),
}
"""Words of the calendar, and the numbers that such a thing can have."""
_GRADED: Final = _words("class klasse classe grade level lvl stufe niveau nivel stage tier priority severity education")
"""Things whose numbers stand in an order."""
_NAMED: Final = _words(
    "type typ typology category categories cat kategorie categoria cluster region segment kind zone district channel sector "
    "state status country department dept gender sex race ethnicity marriage marital religion occupation store shop branch "
    "warehouse terminal route vendor carrier method species brand shift weathersit gruppe group"
)
"""Things whose numbers are names."""
_CODES: Final = _words("code cd id ids zip zipcode plz postcode postleitzahl postal")
"""Words that say by themselves that numbers are names."""
_NUMBERED: Final = _words("no nr number num key idx index")
"""Words that say so after the name of a thing: `store_nr`."""
_MEASURES: Final = _words(
    "since ago per until duration tenure length size delay avg average mean median min max std sum total diff change pct "
    "percent percentage ratio rate share count counts cnt numberof score scores rating ratings quality qual age ages year years "
    "yr yrs price amount amt qty quantity income salary wage cost costs sales revenue population rooms bedrooms bathrooms last "
    "next left spent worked hours months days minutes weeks area distance weight height volume visits times of"
)
"""Words that make a quantity of whatever stands beside them."""
MOST_GRADES: Final = 24
MOST_NAMED: Final = 100
MOST_CODES: Final = 1_000
ROWS_PER_CODE: Final = 10
"""Fewer rows a code than this, and categories say less than the number does."""
ROWS_PER_FEW: Final = 4
"""The same for at most `FEW_CODES` codes and for what has an order, which stays when there are few rows."""
FEW_CODES: Final = 10


def order_of_codes(name: str, low: float, high: float, distinct: int, rows: int) -> bool | None:
    """Return whether whole numbers are codes of categories: True or False for codes in an order or not, None for others.

    Parameters
    ----------
    name : str
        Of the column.
    low, high : float
        Least and greatest number.
    distinct : int
        How many different ones there are.
    rows : int
        How many are present.

    Examples
    --------
    >>> order_of_codes("Pclass", 1, 3, 3, 891), order_of_codes("store_id", 1, 45, 45, 6435)
    (True, False)
    >>> order_of_codes("number_of_stores", 1, 9, 9, 500) is None
    True
    """
    if distinct < 2 or low < -1:
        return None
    words = [word for word in words_of(name) if not word.isdigit()]
    calendar = _calendar_range(words)
    if calendar is not None:
        return True if calendar[0] <= low and high <= calendar[1] and rows >= ROWS_PER_FEW * distinct else None
    if not words or words[0] in _NUMBERED or _MEASURES & set(words):
        return None
    last, thing = words[-1], words[-2] if len(words) > 1 else ""
    if last in _NUMBERED:
        return _named_order(thing if thing in _NAMED else "", distinct, rows)
    if last in _GRADED or last.endswith(("class", "klasse")):
        return True if distinct <= MOST_GRADES and rows >= ROWS_PER_FEW * distinct else None
    return _named_order(last, distinct, rows)


def _named_order(word: str, distinct: int, rows: int) -> bool | None:
    """Return False for names of things that are few enough for the rows, else None."""
    most = MOST_CODES if word in _CODES else MOST_NAMED if word in _NAMED else 0
    enough = ROWS_PER_FEW if distinct <= FEW_CODES else ROWS_PER_CODE
    return False if distinct <= most and rows >= enough * distinct else None


def _calendar_range(words: list[str]) -> tuple[int, int] | None:
    """Return the range of a word of the calendar in a name that holds no measure beside it."""
    joined = "".join(words)
    if "dayofweek" in joined:
        return _CALENDAR["dayofweek"]
    if (_MEASURES - {"of"}) & set(words):
        return None
    return next((_CALENDAR[word] for word in words if word in _CALENDAR), None)
