"""What planfit does not do, refused by name where a sentence plainly asks for it; in English, German, French, Spanish."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from planfit.errors import UsageError

_MEDIA: Final = (
    r"(images?|photos?|photographs?|pictures?|videos?|audio|recordings?|x-?rays?|bilder?n?|fotos?|aufnahmen|videos|imagen(es)?|"
    r"fotografias?|grabaciones|enregistrements?)"
)
_NOT_MEDIA: Final = r"\b(?! (features?|statistics?|measurements?|sizes?|counts?|lengths?|titles?|columns?))"
_FEW: Final = r"(\d+|two|three|four|five|six|seven|ten|twelve|few|several|zwei|drei|vier|sieben|zwolf|deux|trois|sept|douze|dos|tres|siete|doce)"
_NO_EVENT: Final = r"^(?!.*\b(whether|which|who|if|churn\w*|leave\w*|default\w*|cancel\w*|probability|likel\w*|ob|welche\w*|wer|quels?|quelles?|quien\w*)\b)"
"""Whether something happens within a time is one value for a row."""
_PERIODS: Final = (
    r"(hours|days|weeks|months|quarters|years|steps|periods|values|stunden|tage|wochen|monate|jahre|heures|jours|semaines|mois|"
    r"annees|ans|horas|dias|semanas|meses|anos)"
)
_FORECAST: Final = r"(forecast\w*|predict\w*|vorhersag\w*|prognos\w*|prevoi\w*|predi\w*|previsi\w*|pronostic\w*|sage)"
_POLITE: Final = r"^\W*(please |bitte |por favor |s'il vous plait,? )?((i|we) (want|need|would like) (you )?to )?"
_PEOPLE: Final = (
    r"(customers?|clients?|users?|patients?|shoppers?|visitors?|people|rows|records|data|table|market|audience|products?|stores?|kunden|"
    r"nutzer|daten|clientes|usuarios|utilisateurs|donnees|datos)"
)
NOT_DONE: Final[tuple[tuple[str, str, str], ...]] = (
    (
        rf"{_NO_EVENT}(.*\bforecast\w*\b.*\bnext {_FEW} {_PERIODS}\b"
        rf"|.*\b(for|of) (the )?(next|following|coming) {_FEW} {_PERIODS}\b"
        rf"|.*\b(fur|der) (die )?(nachsten|kommenden) {_FEW} {_PERIODS}\b|.*\bprognos\w*\b.*\b(nachsten|kommenden) {_FEW} {_PERIODS}\b"
        rf"|.*\b(pour les|des|de las|de los|para los|para las) (proxim[oa]s |prochaine?s )?{_FEW} (prochaine?s |proxim[oa]s )?{_PERIODS}\b"
        rf"|.*\b{_FORECAST}\b.*\b{_FEW} {_PERIODS} (ahead|into the future|im voraus|a l'avance)\b)",
        "Forecasting several steps ahead is not what planfit does: it predicts one value of one column for a row.",
        "Make a row a period with what is known before it, name the column with --target, and split by --split time:COLUMN.",
    ),
    (
        rf"{_POLITE}((find|build|make|discover|identify|form|create)\b.{{0,25}}\b(clusters|segments|groups of (similar )?{_PEOPLE})\b"
        rf"|(cluster|segment)( all| the| my| our| these)*( \w+)? {_PEOPLE}\b|cluster\b(?!s? (of|id|number|label)\b)"
        r"|.{0,25}\b(clustering|segmentation)( of|\b.{0,3}$| analysis)"
        r"|(clustere|clustern|segmentiere|gruppiere)\b|.{0,40}\b(segmentieren|clustern)\b|(segmente[rz]?|regroupe[rz]?) (les|nos|mes|des)\b"
        r"|(segmenta|segmentar|agrupa|agrupar) (a )?(los|las|mis|nuestros)\b)",
        "Clustering is not what planfit does: it learns to predict a column whose values are known.",
        "Where a column holds the groups, name it with --target.",
    ),
    (
        rf"\b(classif\w*|recogni[sz]e|caption|transcribe|generate|tag|klassifizier\w*|erkenn\w*|clasific\w*|reconna\w*|reconoc\w*)"
        rf"( the| these| all| my| our| die| diese| les| ces| las| los| estas)?( \w+)? {_MEDIA}{_NOT_MEDIA}"
        r"|\b(what|was) (is|are|ist|sind) (on|in|auf|in) (the|these|den|diesen) (images?|photos?|pictures?|bildern?|fotos)\b"
        r"|\b(speech|audio) (to text|recognition)\b|\b(object detection|image (classification|recognition|segmentation)|bilderkennung|"
        r"spracherkennung)\b",
        "Images, audio and video are not what planfit works on: it learns from the columns of a table.",
        "Turn them into columns of numbers first; name the column to predict with --target.",
    ),
    (
        rf"{_POLITE}(join|merge|combine|link|verbinde|verknupfe|fusionne[rz]?|combina|une)\b.{{0,60}}\b(tables?|files?|datasets?|tabellen?|dateien|"
        r"fichiers|tablas|archivos|csvs?)\b|\b(join|merge) (it|them|this|both|the two|two)\b",
        "Joining tables is not what planfit does: it works on one table.",
        "Join them first, in SQL or with a data frame, so that a row holds everything that is known; `sqlite:///FILE?query=SELECT ...` "
        "does it on the way in.",
    ),
    (
        r"^(?!.*\b(whether|if|who|would)\b).*\b(recommend|suggest)( me| us)?( (a|the|some|top|best|other|similar|relevant|new|\d+))* (products?|items?|movies?|films?|songs?|books?|"
        r"articles?|things|videos?|what)\b|\brecommend(er|ation) (system|engine|list)s?\b|\b(build|make|create) .{0,20}recommendations\b"
        r"|\bempfiehl\b|\bempfehl(e|ungen)\b.{0,30}\b(produkte?|filme?|artikel|bucher)\b|\brecommande[rz]?\b.{0,30}\b(produits|films|articles|livres)\b"
        r"|\brecom(ienda|endar)\b.{0,30}\b(productos|peliculas|articulos|libros)\b",
        "Lists of recommendations are not what planfit makes: it predicts one column for a row.",
        "Make a row a pair of person and item, and predict the column that says whether it was taken.",
    ),
    (
        r"\b(summari[sz]e|translate|rewrite|paraphrase)( the| these| all| my| our| each)?( \w+)? (texts?|articles?|reviews?|documents?|e-?mails?|"
        r"messages?|comments?|tweets?)\b|\b(write|generate|compose|draft)( me| us)? (a|an|the|some|new)?( \w+)? ?(texts?|stor(y|ies)|poems?|"
        r"e-?mails?|descriptions?|replies|answers|letters?|essays?|articles?)\b|\b(fasse|fass)\b.{0,40}\bzusammen\b|\bubersetz\w*\b|\bschreib\w* "
        r"(mir |uns )?(einen?|eine) (text|brief|geschichte|gedicht|artikel|e-?mail)\b|\b(resume[rz]?|traduis|traduire|redige[rz]?)\b.{0,20}\b"
        r"(textes?|articles?|documents?|avis)\b|\b(resume|resumir|traduce|traducir|redacta|escribe)\b.{0,20}\b(textos?|articulos?|documentos?|"
        r"resenas?|poema|cuento|carta)\b",
        "Writing, summing up or translating text is not what planfit does: it predicts one column for a row.",
        "Where texts are to be sorted into known classes, name the column of the classes with --target.",
    ),
)  # fmt: skip
"""Pattern of the folded sentence, what is wrong, what to do instead."""


def refuse_what_is_not_done(sentence: str) -> None:
    """Refuse multi-step forecasting, clustering, images and audio, joins, recommendations and the writing of text.

    Examples
    --------
    >>> refuse_what_is_not_done("Predict which customers leave within the next 3 months")
    >>> refuse_what_is_not_done("Predict the cluster of a customer")
    >>> refuse_what_is_not_done("Cluster the customers")
    Traceback (most recent call last):
    planfit.errors.UsageError: Clustering is not what planfit does: it learns to predict a column whose values are known.
    hint: Where a column holds the groups, name it with --target.
    """
    plain = unicodedata.normalize("NFKD", sentence.replace("ß", "ss").replace("’", "'"))
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    for pattern, message, hint in NOT_DONE:
        if re.search(pattern, plain, re.IGNORECASE):
            raise UsageError(message, hint=hint)
