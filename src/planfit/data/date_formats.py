"""Which one format reads all values of a column as dates: texts, whole numbers such as 20190317, counts of seconds."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from planfit.data.formats import Texts, sample_of
from planfit.data.months import english_date
from planfit.data.names import words_of
from planfit.data.readings import INTEGER_FORMS, parse_dates
from planfit.records.schema import DateReading

_DAYS: Final = (
    "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%Y-%m-%d", "%d.%m.%Y", "%Y.%m.%d", "%d-%m-%Y", "%m-%d-%Y", "%m/%d/%y", "%d/%m/%y",
    "%d.%m.%y", "%d-%m-%y", "%m-%d-%y", "%y/%m/%d", "%m.%d.%Y", "%d %m %Y", "%Y %m %d", "%d-%b-%Y", "%d-%b-%y", "%d/%b/%Y",
    "%d/%b/%y", "%d.%b.%Y", "%d%b%Y", "%Y-%b-%d", "%Y %b %d", "%d %b %Y", "%d %b, %Y", "%b %d, %Y", "%b %d %Y",
    "%b-%d-%Y", "%d %b %y", "%b %d, %y",
)  # fmt: skip
_TIMES: Final = (
    "", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", " %I:%M%p", "T%H:%M", "T%H:%M:%S", ", %H:%M",
    ", %H:%M:%S", ", %I:%M %p", ", %I:%M:%S %p", ":%H:%M:%S", " %H:%M:%S %z", " %H:%M:%S%z", " %H:%M %z", ":%H:%M:%S %z",
    " %H:%M:%S UTC", " %H:%M:%S GMT",
    " %H.%M", " %H:%M Uhr",
)  # fmt: skip
_FORMS: Final = (
    *(day + hour for hour in _TIMES for day in _DAYS), "%b %d %H:%M:%S %Y", "%b %d %H:%M:%S %z %Y", "%H:%M:%S %d/%m/%Y",
    "%H:%M %d/%m/%Y", "%Y-%m", "%m/%Y", "%Y/%m", "%m-%Y", "%b %Y", "%b-%Y", "%b, %Y", "%b/%Y", "%Y %b", "%Y-%b", "%b-%y",
    "%b %y", "%Y%m%dT%H%M%S", "%Y%m%d %H:%M:%S", "%Y%m%d %H:%M",
)  # fmt: skip
_DIRECTIVES: Final = {
    "%d": r"\d{1,2}", "%m": r"\d{1,2}", "%Y": r"\d{4}", "%y": r"\d{2}", "%b": "[A-Za-z]{3}", "%H": r"\d{1,2}",
    "%I": r"\d{1,2}", "%M": r"\d{2}", "%S": r"\d{2}", "%f": r"\d{1,9}", "%p": "[AaPp][Mm]", "%z": r"(?:[+-]\d{2}:?\d{2}|Z|UTC)",
}  # fmt: skip
_ISO: Final = re.compile(r"[12]\d{3}-\d{2}-\d{2}(?:[T ]\d{2}.*)?")
_DATE_LIKE: Final = re.compile(r"(?=.*\d)[\w ,.:/+-]{5,45}")
_CHUNK: Final = 100_000
_FEWEST: Final = 3
"""Different whole numbers; fewer could be dates by chance."""
_EARLIEST, _LATEST = np.datetime64("1000-01-01"), np.datetime64("2500-01-01")
_MOMENT_WORDS: Final = frozenset(
    {"time", "timestamp", "date", "datetime", "ts", "epoch", "unix", "zeit", "zeitstempel", "datum", "fecha", "heure"}
)
_MONTH_WORDS: Final = frozenset(
    {
        "month",
        "period",
        "date",
        "yearmonth",
        "ym",
        "yyyymm",
        "monat",
        "mois",
        "mes",
        "mese",
        "periode",
        "datum",
        "fecha",
    }
)
_SINCE, _UNTIL = 631_152_000, 4_102_444_800
"""1990 and 2100 in seconds since 1970."""
_EPOCHS: Final = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


def date_reading(texts: Texts) -> DateReading | None:
    """Return the one format in which all `texts` are dates, or None.

    Where day and month could be swapped, the order of the rows decides if it is sorted in one reading only; else
    the month comes first (`is_ambiguous` tells).

    Parameters
    ----------
    texts : polars.Series or sequence of str
        Distinct present texts, in the order of their first row.

    Examples
    --------
    >>> date_reading(["31/1/2020", "1/2/2020"]).format, date_reading(["3. März 2019", "17. Mai 2019"]).format
    ('%d/%m/%Y', '%d %b %Y')
    """
    texts = texts if isinstance(texts, pl.Series) else pl.Series("", list(texts), dtype=pl.String)
    sample = sample_of(texts)
    if not sample or not all(_DATE_LIKE.fullmatch(text) for text in sample):
        return None
    if all(_ISO.fullmatch(text) for text in sample) and _descents(texts, None) is not None:
        return DateReading(format=None)
    if any(text.isascii() and text.isdigit() for text in sample):
        if not texts.str.contains(r"^[0-9]{5,14}$").all():
            return None
        whole = texts.cast(pl.Int64, strict=False)
        return integer_date_reading(whole) if texts.str.len_bytes().n_unique() == 1 else None
    english = [english_date(text) for text in sample]
    fitting = [form for form in _FORMS if all(map(_shape(form).fullmatch, english if "%b" in form else sample))]
    descents = {form: count for form in fitting if (count := _descents(texts, form)) is not None}
    return DateReading(format=_choice(descents, len(texts))) if descents else None


def _choice(descents: dict[str, int], texts: int) -> str:
    sorted_ones = [form for form, count in descents.items() if count == 0]
    return sorted_ones[0] if len(sorted_ones) == 1 and texts > 3 else next(iter(descents))


@cache
def _shape(form: str) -> re.Pattern[str]:
    """Return what texts of a format look like, whatever the numbers."""
    parts = re.split(r"(%.)", form)
    return re.compile("".join(_DIRECTIVES.get(part, re.escape(part)) for part in parts))


def is_ambiguous(texts: Texts, reading: DateReading) -> bool:
    """Return whether `texts` could be read with day and month swapped as well."""
    form = reading.format
    if form is None or "%m" not in form or "%d" not in form:
        return False
    if form.index("%d") > form.index("%Y" if "%Y" in form else "%y"):
        return False
    swapped = form.replace("%m", "%_").replace("%d", "%m").replace("%_", "%d")
    texts = texts if isinstance(texts, pl.Series) else pl.Series("", list(texts), dtype=pl.String)
    return _descents(texts.str.zfill(INTEGER_FORMS[form]) if reading.integer else texts, swapped) is not None


def integer_date_reading(numbers: pl.Series, name: str = "") -> DateReading | None:
    """Return how whole numbers are dates, or None: 20190317, 3172019, 17032019; with a telling name 201903 and seconds.

    Parameters
    ----------
    numbers : polars.Series
        Present whole numbers, in the order of the rows.
    name : str
        Of the column.

    Examples
    --------
    >>> integer_date_reading(pl.Series([1012018, 10142018, 12312019])).format
    '%m%d%Y'
    """
    low, high = numbers.min(), numbers.max()
    if low is None or int(low) < 1900_01:  # type: ignore[arg-type]
        return None
    least, most = int(low), int(high)  # type: ignore[arg-type]
    words = set(words_of(name))
    forms: tuple[str, ...] = ()
    if least >= 1900_01_01 and most <= 2100_12_31:
        forms = ("%Y%m%d", "%m%d%Y", "%d%m%Y")
    elif least >= 1_01_1900 and most <= 31_12_2100:
        forms = ("%m%d%Y", "%d%m%Y")
    elif least >= 1900_01 and most <= 2100_12 and words & _MONTH_WORDS:
        forms = ("%Y%m",)
    elif least >= 1900_01_01_00_00 and most <= 2100_12_31_23_59:
        forms = ("%Y%m%d%H%M",)
    elif least >= 1900_01_01_00_00_00 and most <= 2100_12_31_23_59_59:
        forms = ("%Y%m%d%H%M%S",)
    if forms:
        distinct = numbers.unique(maintain_order=True).cast(pl.Int64).to_numpy()
        if len(distinct) < _FEWEST:
            return None
        descents = {form: count for form in forms if (count := _integer_descents(distinct, form)) is not None}
        if descents:
            return DateReading(format=_choice(descents, len(distinct)), integer=True)
    return epoch_reading(numbers, name)


def epoch_reading(numbers: pl.Series, name: str) -> DateReading | None:
    """Return how numbers count time since 1970, where the name says so and all lie between 1990 and 2100."""
    words = words_of(name)
    if not (_MOMENT_WORDS & set(words) or words[-1:] == ("at",)) or numbers.n_unique() < _FEWEST:
        return None
    low, high = float(numbers.min()), float(numbers.max())  # type: ignore[arg-type]
    for unit, scale in _EPOCHS.items():
        if low >= _SINCE * scale and high < _UNTIL * scale:
            return DateReading(format=None, epoch=unit)
    return None


def _integer_descents(numbers: npt.NDArray[np.int64], form: str) -> int | None:
    """Return how often a number is an earlier date than the one before it, None unless all are dates of that format."""
    rest = numbers
    parts: dict[str, npt.NDArray[np.int64]] = {}
    for directive in reversed(re.findall("%.", form)):
        size = 10_000 if directive == "%Y" else 100
        parts[directive], rest = rest % size, rest // size
    year, month = parts["%Y"], parts["%m"]
    day = parts.get("%d", np.ones_like(year))
    hour, minute, second = (parts.get(part, np.zeros_like(year)) for part in ("%H", "%M", "%S"))
    if (year < 1900).any() or (year > 2100).any() or (month < 1).any() or (month > 12).any() or (day < 1).any():
        return None
    first = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    length = ((first + 1).astype("datetime64[D]") - first.astype("datetime64[D]")).astype(np.int64)
    if (day > length).any() or (hour > 23).any() or (minute > 59).any() or (second > 59).any():
        return None
    moments = first.astype("datetime64[D]").astype(np.int64) + day - 1
    return int((np.diff(((moments * 24 + hour) * 60 + minute) * 60 + second) < 0).sum())


def _descents(texts: pl.Series, form: str | None) -> int | None:
    """Return how often a date is earlier than the one before it, None unless all are plausible dates of that format."""
    if form is not None and len(texts) > _CHUNK and not texts.head(_CHUNK).is_empty():
        quick = _quick_descents(texts, form)
        if quick is not None:
            return quick
    count, before = 0, None
    for start in range(0, len(texts), _CHUNK):
        read = parse_dates(texts.slice(start, _CHUNK).to_list(), form)
        if np.isnat(read).any() or read.min() < _EARLIEST or read.max() > _LATEST:
            return None
        count += int((np.diff(read) < np.timedelta64(0)).sum()) + int(before is not None and read[0] < before)
        before = read[-1]
    return count


def _quick_descents(texts: pl.Series, form: str) -> int | None:
    """Return `_descents` of very many texts, None also where the slower reader must decide."""
    if "%d" not in form or "%z" in form:
        return None
    if "%H" not in form and "%I" not in form:
        read = texts.str.to_date(form, strict=False).cast(pl.Datetime("us"))
    else:
        read = texts.str.to_datetime(form.replace(".%f", "%.f"), strict=False, time_unit="us")
    if read.null_count():
        return None
    moments = read.to_numpy()
    if moments.min() < _EARLIEST or moments.max() > _LATEST:
        return None
    return int((np.diff(moments) < np.timedelta64(0)).sum())
