"""Names of months and weekdays inside dates, in several languages."""

from __future__ import annotations

import re
from typing import Final

_MONTHS: Final = (
    "jan january januar jänner jaenner janvier janv enero ene gennaio gen janeiro januari styczeń stycznia",
    "feb february februar februari février fevrier févr fevr fév fev febrero febbraio fevereiro luty lutego",
    "mar march märz maerz mär mrz mars marzo março marco maart mrt marzec marca",
    "apr april avril avr abril abr aprile kwiecień kwietnia",
    "may mai mayo maggio mag maio mei maj maja",
    "jun june juni juin junio giugno giu junho czerwiec czerwca",
    "jul july juli juillet juil julio luglio lug julho lipiec lipca",
    "aug august août aout agosto ago augustus augusti sierpień sierpnia",
    "sep september sept septembre septiembre settembre set setembro wrzesień września",
    "oct october oktober okt octobre octubre ottobre ott outubro out październik października",
    "nov november novembre noviembre novembro listopad listopada",
    "dec december dezember dez décembre decembre déc diciembre dic dicembre dezembro grudzień grudnia",
)
_ENGLISH: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTHS: Final = {name: english for names, english in zip(_MONTHS, _ENGLISH, strict=True) for name in names.split()}
"""Lower-case names, short and full, to the English abbreviation."""
_WEEKDAYS: Final = (
    "mon tue tues wed thu thur thurs fri sat sun monday tuesday wednesday thursday friday saturday sunday "
    "mo di mi do fr sa so montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag "
    "lun mer jeu ven sam dim lundi mardi mercredi jeudi vendredi samedi dimanche "
    "lunes martes miércoles miercoles jueves viernes sábado sabado domingo "
    "lunedì martedì mercoledì giovedì venerdì sabato domenica"
)
_LEFT_OUT: Final = frozenset(_WEEKDAYS.split()) | {"de", "del", "of", "the", "le", "el", "den"}
_WORD = re.compile(r"[^\W\d_]+\.?")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th|er|º|ª|°)(?=[\s,]|$)")


def english_date(text: str) -> str:
    """Return a date with its month as an English abbreviation, without weekday, ordinal endings and filling words.

    Examples
    --------
    >>> english_date("Sonntag, 17. März 2019"), english_date("March 17th, 2019"), english_date("17 de marzo de 2019")
    ('17 Mar 2019', 'Mar 17, 2019', '17 Mar 2019')
    """
    text = _WORD.sub(_translated, _ORDINAL.sub("", text))
    return re.sub(r"\s+", " ", re.sub(r"(\d)\. (?=[A-Z])", r"\1 ", text)).strip(" ,")


def _translated(found: re.Match[str]) -> str:
    word = found.group().rstrip(".").lower()
    if word in MONTHS:
        return MONTHS[word]
    return "" if word in _LEFT_OUT else found.group()
