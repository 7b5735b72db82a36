"""Everyday words of German, French and Spanish in English: sentences are read, and column names compared, as English."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final


def fold(text: str) -> str:
    """Return the text without accents and umlauts; the case of letters stays.

    Examples
    --------
    >>> fold("Kündigung größer déjà año")
    'Kundigung grosser deja ano'
    """
    if text.isascii():
        return text
    plain = text.replace("ß", "ss").replace("œ", "oe").replace("Œ", "Oe").replace("æ", "ae")
    return "".join(sign for sign in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(sign))


def _table(text: str) -> dict[str, str]:
    """Return foreign word to English from ``english: word word ...; ...``; umlauts also as they are written without keys for them."""
    found: dict[str, str] = {}
    for entry in text.replace("\n", " ").split(";"):
        english, _, words = entry.partition(":")
        for word in words.split():
            found[fold(word)] = english.strip()
            found[fold(word.translate(_WRITTEN_OUT))] = english.strip()
    return found


_WRITTEN_OUT: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})

_GERMAN: Final = """
the: der die das den dem des; a: ein eine einen einem einer eines;
predict: vorhersagen vorhersage vorherzusagen vorhersehen sage sag prognose prognostiziere prognostizieren prognostiziert prädiktion;
estimate: schätzen schätze schätzung abschätzen;
classify: klassifiziere klassifizieren klassifikation einordnen zuordnen;
detect: erkenne erkennen erkennung entdecke entdecken finde finden;
determine: bestimme bestimmen ermittle ermitteln berechne berechnen; which: welche welcher welches welchen welchem;
what: was; who: wer wen; whether: ob; how: wie; many: viele; much: viel; will: wird werden; is: ist; are: sind;
has: hat; have: haben; can: kann können; not: nicht kein keine keinen; and: und; or: oder; from: aus; with: mit;
without: ohne; for: für; of: von vom; in: im; at: bei beim; to: zu zum zur; on: auf; by: durch anhand;
between: zwischen; when: wenn; my: mein meine meinen unser unsere unserer unseren;
his: sein seine seinen seinem ihr ihre ihren; person: jemand mensch menschen person personen; out: voraus ab;
customer: kunde kundin; customers: kunden kundinnen;
churn: kündigen kündigt kündigung kündigungen abwanderung abwandern abwandert gekündigt;
leave: verlassen verlässt geht gehen; quit: ausscheiden; price: preis preise kaufpreis verkaufspreis;
cost: kosten kostet gekostet; value: wert werte; expensive: teuer teure; cheap: billig günstig;
fee: gebühr gebühren beitrag; rent: miete mieten; area: fläche; sales: umsatz umsätze verkäufe absatz;
sell: verkaufen verkauft; buy: kaufen kauft kauf gekauft; order: bestellung bestellungen; income: einkommen verdienst;
earn: verdient verdienen; salary: gehalt lohn löhne gehälter; profit: gewinn; credit: kredit; loan: darlehen;
default: zahlungsausfall kreditausfall; repay: zurückzahlen zurückgezahlt; pay: zahlt zahlen;
approved: genehmigt bewilligt; risk: risiko; fraud: betrug betrügerisch betrugsfall betrugsfälle; house: haus häuser;
flat: wohnung wohnungen; car: auto autos wagen fahrzeug; bikes: fahrräder räder;
rented: ausgeliehen verliehen gemietet; employee: mitarbeiter angestellter; employees: mitarbeitende beschäftigte;
machine: maschine maschinen anlage; fail: ausfallen fällt ausfällt; failure: ausfall ausfälle defekt störung;
patient: patientin; patients: patienten; disease: krankheit krank erkrankung; diabetes: zucker; stroke: schlaganfall;
cancer: krebs; tumour: tumore; malignant: bösartig; benign: gutartig; die: stirbt sterben gestorben tod;
survive: überlebt überleben überlebte; edible: essbar; poisonous: giftig; spam: spam;
score: punktzahl punkte bewertung; grade: note noten; quality: qualität güte; species: art arten; kind: sorte;
class: klasse klassen; category: kategorie; type: typ; count: anzahl zahl; number: nummer; quantity: menge mengen;
demand: nachfrage bedarf; consumption: verbrauch; energy: energie strom; duration: dauer laufzeit; long: lange lang;
late: verspätet spät; delay: verspätung verzögerung; time: zeit; year: jahr jahre; month: monat monate monats;
week: woche wochen wöchentlich; day: tag tage tags; hour: stunde stunden; minutes: minuten; seconds: sekunden;
tomorrow: morgen; next: nächste nächsten nächster nächstes kommende kommenden; rain: regnet regen niederschlag;
temperature: temperatur; weight: gewicht; heavy: schwer; high: hoch hohe; large: gross grosse gross;
height: höhe grösse; distance: entfernung strecke; age: alter; old: alt; education: bildung ausbildung; good: gut gute;
bad: schlecht schlechte; yes: ja; no: nein; yield: ertrag ernte; water: wasser; speed: geschwindigkeit;
target: zielgrösse zielvariable ziel; result: ergebnis; gender: geschlecht; only: nur
"""
_FRENCH: Final = """
the: le la les l; a: un une; of: de du des d; predict: prédire prévoir prédis prédiction prévision prédisez;
estimate: estimer estime estimez estimation; classify: classer classifier classifie;
detect: détecter détecte repérer trouver; determine: déterminer calculer; which: quel quelle quels quelles;
what: que quoi; who: qui; whether: si; how: comment; much: combien; is: est; are: sont; will: va vont sera seront;
has: a; have: ont avoir; and: et; or: ou; for: pour; with: avec; without: sans; in: dans en; on: sur; by: par;
from: depuis selon partir; not: ne pas n; this: ce cet cette ces; my: notre nos mon mes; customer: client cliente;
customers: clients; churn: résilier résilient résiliation résilie attrition; leave: quitter quittent partir départ;
cancelled: annulée annulées annulé annulés; price: prix tarif; cost: coût coûte coûtent coûts; value: valeur vaut;
expensive: cher chère; fee: frais cotisation; rent: loyer; sales: ventes vente chiffre affaires; sell: vendre;
sold: vendu vendue vendus vendues; buy: acheter achète achat achats achètera; order: commande commandes;
income: revenu revenus; salary: salaire; earn: gagne gagner; profit: bénéfice marge; credit: crédit;
loan: prêt emprunt; default: défaut défaillance impayé; repay: rembourser remboursera remboursé;
approved: approuvé accordé accepté; risk: risque; fraud: fraude fraudes fraudes frauduleux frauduleuse frauduleuses;
house: maison maisons; flat: appartement logement; car: voiture voitures véhicule; used: occasion; bikes: vélos;
rented: loués louées; employee: employé salarié; employees: employés salariés; machine: machine machines; fail: tomber;
failure: panne pannes défaillance; patient: patiente; patients: patientes; disease: maladie malade; cancer: cancer;
die: mourir meurt décès mort; survive: survivre survécu survie; edible: comestible; poisonous: vénéneux toxique;
booking: réservation; bookings: réservations; score: score; grade: note notes; quality: qualité;
species: espèce espèces; kind: sorte genre; class: classe; category: catégorie; count: nombre;
quantity: quantité quantités; units: unités; demand: demande; consumption: consommation; energy: énergie électricité;
duration: durée; long: longtemps; late: retard; delay: retards; night: nuit; time: temps; year: an année ans;
month: mois mensuel; week: semaine hebdomadaire; day: jour jours; hour: heure heures; tomorrow: demain;
next: prochain prochaine prochains prochaines; rain: pluie pleuvoir pleut; temperature: température; weight: poids;
heavy: lourd; height: taille hauteur; surface: superficie; age: âge; good: bon bonne; bad: mauvais mauvaise; yes: oui;
no: non; yield: rendement récolte; water: eau; speed: vitesse; target: cible; result: résultat; gender: sexe;
only: seulement uniquement
"""
_SPANISH: Final = """
the: el la los las lo; a: un una unos unas; of: de del;
predict: predecir predice prediga predicción pronosticar pronostica prever; estimate: estimar estima estimación;
classify: clasificar clasifica; detect: detectar detecta encontrar; determine: determinar calcular;
which: cuál cuáles qué; who: quién quiénes; whether: si; how: cómo; much: cuánto cuánta; many: cuántos cuántas;
is: es está; are: son están; will: va van; has: tiene; have: tienen; and: y; or: o; for: para; with: con; without: sin;
in: en; by: por; from: desde según; not: no; this: este esta; my: nuestro nuestros mi mis; customer: cliente;
customers: clientes; churn: abandonar abandona abandono abandonan abandonarán baja bajas cancelación; cancel: cancelar;
leave: irse marcharse; price: precio precios; cost: costo coste cuesta cuestan costar; value: valor vale valen;
expensive: caro cara; fee: cuota tarifa; rent: alquiler; sales: ventas venta; sell: vender;
sold: vendido vendidos vendidas; buy: comprar compra comprará; order: pedido pedidos; income: ingreso ingresos renta;
salary: salario sueldo; earn: gana ganar; profit: beneficio ganancia; credit: crédito; loan: préstamo;
default: impago incumplimiento morosidad; repay: devolver pagará; approved: aprobado aprobada; risk: riesgo;
fraud: fraude fraudes fraudulento fraudulenta fraudulentas; house: casa casas vivienda; flat: piso pisos apartamento;
car: coche coches carro auto; bikes: bicicletas; rented: alquiladas alquilan; employee: empleado; employees: empleados;
machine: máquina; fail: fallará falla fallar; failure: fallo avería; patient: paciente; patients: pacientes;
disease: enfermedad; cancer: cáncer; die: morir muere muerte; survive: sobrevivir sobrevive sobrevivió sobrevivieron;
edible: comestible; poisonous: venenoso; mail: correo; score: puntuación puntaje; grade: nota notas; quality: calidad;
species: especie especies; kind: clase tipo; category: categoría; count: número; quantity: cantidad; units: unidades;
demand: demanda; consumption: consumo; energy: energía electricidad; duration: duración; late: tarde;
delay: retraso retrasos; night: noche; time: tiempo; year: año años; month: mes mensual;
week: semana semanal semanales; day: día días; hour: hora horas; tomorrow: mañana; next: próximo próxima próximos;
rain: lluvia llover; temperature: temperatura; weight: peso; height: altura; surface: superficie metros; age: edad;
good: bueno buena; bad: malo mala; yes: sí; yield: rendimiento cosecha; water: agua; speed: velocidad;
target: objetivo; result: resultado; gender: sexo; only: solo solamente únicamente
"""
TABLES: Final[dict[str, dict[str, str]]] = {"de": _table(_GERMAN), "fr": _table(_FRENCH), "es": _table(_SPANISH)}
_PHRASES: Final[tuple[tuple[str, str], ...]] = (
    (r"\bchiffre d['’]?\s?affaires\b", "sales"),
    (r"\b(zahlt|zahlen|bezahlt|bezahlen)\b([^.;?]*?)\bzuruck\b", r"repay\2"),
    (r"\bwie (hoch|gross|teuer|schwer|alt|weit|lange?|schnell)\b", r"how \1"),
    (r"\bcombien (de |d['’])", "how many "),
    (r"\b(combien|cuanto|cuanta)\b", "how much"),
    (r"\b(cuantos|cuantas)\b", "how many"),
    (r"\b(va|vont|van) (a )?(?=[a-z]+(r|re)\b)", "will "),
    (r"\bso viele? (\w+) wie moglich\b|\bmoglichst viele (\w+)", r"as many \1\2 as possible"),
    (r"\ble plus (?:de |d')(\w+) possible\b|\btant[oa]s (\w+) como sea posible\b", r"as many \1\2 as possible"),
)
"""What does not come out right word by word."""
_COMPOUND: Final = 4
"""Letters that the last part of a German compound must have to be recognised."""
_AMBIGUOUS: Final = frozenset({"a", "die", "was", "art", "no", "si", "es", "me", "an", "son", "sale", "note", "on", "pay", "are", "is", "sans", "con", "sin", "en", "et", "den", "war", "hat", "ni", "the"})  # fmt: skip
"""Words that are English as well, so that they tell nothing of the language and of a column's name."""


def language_of(words: tuple[str, ...], english: frozenset[str]) -> str:
    """Return the language in which most of the words are known; ``en`` where no other has more.

    Parameters
    ----------
    words : tuple of str
        Folded, in lower case.
    english : frozenset of str
        Words that only say that the sentence is English.
    """
    hits = {
        name: sum(1 for word in words if word in table and word not in _AMBIGUOUS) for name, table in TABLES.items()
    }
    best = max(hits, key=lambda name: hits[name])
    own = sum(1 for word in words if word in english and word not in _AMBIGUOUS)
    return best if hits[best] > own or (hits[best] == own and own > 0 and words and words[0] in TABLES[best]) else "en"


def in_english(text: str, language: str) -> str:
    """Return a folded sentence with the words that the language's table knows put in English.

    Examples
    --------
    >>> in_english("Welche Kunden werden kundigen?", "de")
    'which customers will churn?'
    """
    if language == "en":
        return text
    for pattern, instead in _PHRASES:
        text = re.sub(pattern, instead, text, flags=re.IGNORECASE)
    return re.sub(r"[^\W\d_]+", lambda match: _word(match.group(), TABLES[language]), text)


def _word(word: str, table: dict[str, str]) -> str:
    return table.get(word.lower(), word)


@lru_cache(maxsize=10_000)
def meanings(part: str) -> tuple[str, ...]:
    """Return English words for one folded word of a column's name, also for the last part of a German compound.

    Examples
    --------
    >>> meanings("kaufpreis"), meanings("precio"), meanings("monatsgebuhr"), meanings("age")
    (('price',), ('price',), ('fee',), ())
    """
    found = [table[part] for table in TABLES.values() if table.get(part, part) != part and part not in _AMBIGUOUS]
    if not found:
        ends = (part[-length:] for length in range(len(part) - 2, _COMPOUND - 1, -1))
        found = [TABLES["de"][end] for end in ends if end in TABLES["de"]][:1]
    return tuple(dict.fromkeys(found))
