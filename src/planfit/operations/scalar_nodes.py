"""The allow-list: which parts a scalar expression may have, what types they take, and how each is written anew."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from sqlglot import exp

from planfit.operations.scalar_sql import Refused, Type, Typed, number, quiet, quoted

NUMBERS: Final = frozenset({"number", "flag", "null"})
PARTS: Final = frozenset(
    {"YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "DOY", "DOW", "ISODOW", "HOUR", "MINUTE", "SECOND", "EPOCH"}
)
FLOATS: Final = frozenset({"DOUBLE", "FLOAT", "REAL", "DECIMAL"})
WHOLE: Final = frozenset({"INT", "BIGINT", "SMALLINT", "TINYINT", "HUGEINT"})
TEXTS: Final = frozenset({"VARCHAR", "TEXT", "CHAR", "NVARCHAR", "NCHAR"})
DATES: Final = frozenset({"DATE", "TIMESTAMP", "DATETIME", "TIMESTAMPNTZ"})
SAYS: Final[dict[Type, str]] = {
    "number": "a number", "flag": "a boolean", "boolean": "a condition", "text": "a text", "date": "a date",
    "null": "NULL",
}  # fmt: skip
MARKS: Final = frozenset({"safe", "ignore_nulls", "coalesce", "typed", "requires_string"})
"""What sqlglot notes beside a node; nothing of it is written."""


class Writer:
    """Writes an expression anew, node by node.

    Attributes
    ----------
    used : set of str
        Columns that the expression names.
    steps : list of (name, text, type)
        Columns that are made on the way: values whose overflow must be missing before they are compared.
    """

    def __init__(self, types: dict[str, Type]) -> None:
        self.types = types
        self.used: set[str] = set()
        self.short = {name: f"c{place}" for place, name in enumerate(types)}
        self.steps: list[tuple[str, str, Type]] = []

    def visit(self, node: Any) -> Typed:
        """Return what a node is written as."""
        handler = HANDLERS.get(type(node))
        if handler is None:
            raise Refused("expression-refused", f"{said(node)} is not allowed{_because(node)}.", _allowed())
        write, known = handler
        for name, value in node.args.items():
            if value not in (None, False, []) and name not in known and name not in MARKS:
                raise Refused("expression-refused", f"{said(node)} is not allowed with {name!r}.", _allowed())
        return write(self, node)

    def keep(self, value: Typed) -> Typed:
        """Make a column of a value, so that it can be repeated and is finite or missing."""
        name = f"m{len(self.steps)}"
        self.steps.append((name, value.text, value.type))
        return Typed(f'"{name}"', value.type, True)

    def finite(self, value: Typed) -> Typed:
        """Return a value that is finite or missing."""
        return value if value.plain or value.type != "number" else self.keep(value)

    def number(self, node: Any) -> Typed:
        """Return a node as a number."""
        return self._as(self.visit(node), "number", node)

    def text(self, node: Any) -> Typed:
        """Return a node as a text."""
        return self._as(self.visit(node), "text", node)

    def date(self, node: Any) -> Typed:
        """Return a node as a date; a text that is one counts."""
        return self._as(self.visit(node), "date", node)

    def condition(self, node: Any) -> Typed:
        """Return a node as a condition."""
        return self._as(self.visit(node), "boolean", node)

    def _as(self, value: Typed, wanted: Type, node: Any) -> Typed:
        made = self.converted(value, wanted, node)
        if made is None:
            raise Refused(
                "expression-type", f"{SAYS[wanted].capitalize()} is needed where {_short(node)} is {SAYS[value.type]}."
            )
        return made

    def converted(self, value: Typed, wanted: Type, node: Any) -> Typed | None:
        """Return a value as another type where that goes without saying, None where it does not."""
        if value.type == wanted:
            return value
        if value.type == "null":
            name = {"number": "DOUBLE", "text": "VARCHAR", "date": "TIMESTAMP", "boolean": "BOOLEAN"}.get(
                wanted, "DOUBLE"
            )
            return Typed(f"CAST(NULL AS {name})", wanted)
        if wanted == "number" and value.type == "flag":
            return Typed(value.text, "number", value.plain)
        if wanted == "boolean" and value.type == "flag":
            return Typed(f"({value.text} = 1e0)", "boolean")
        if wanted == "date" and value.type == "text" and type(node) is exp.Literal:
            return moment(node.this)
        return None

    def together(self, nodes: list[Any], values: list[Typed] | None = None) -> tuple[list[Typed], Type]:
        """Return values as one type, which is not NULL unless all are."""
        found = [self.visit(node) for node in nodes] if values is None else values
        types = [value.type for value in found if value.type != "null"]
        tried: list[Type] = [*types, "number", "date"] if types else ["null"]
        for wanted in dict.fromkeys(tried):
            made = [self.converted(value, wanted, node) for value, node in zip(found, nodes, strict=True)]
            whole_made = [one for one in made if one is not None]
            if len(whole_made) == len(made):
                return whole_made, wanted
        kinds = " and ".join(dict.fromkeys(SAYS[kind] for kind in types))
        raise Refused(
            "expression-type", f"{kinds.capitalize()} do not go together in {_short(nodes[0].parent or nodes[0])}."
        )


def _because(node: Any) -> str:
    """Return why a node is not in the list, where there is one plain reason."""
    return ": it looks at more rows than one" if isinstance(node, exp.AggFunc | exp.Window) else ""


def said(node: Any) -> str:
    """Return what a person calls a node."""
    if type(node) is exp.Anonymous:
        return f"The function {str(node.this)[:40]}"
    return f"{type(node).__name__} (in {_short(node)})"


def _short(node: Any) -> str:
    try:
        with quiet():
            text = " ".join(node.sql().split())
    except Exception:  # whatever a strange tree does to its writer
        return type(node).__name__
    return repr(text if len(text) <= 40 else text[:39] + "…")


def _allowed() -> str:
    from planfit.operations.expression import ALLOWED

    return ALLOWED


def moment(text: str) -> Typed:
    """Return a date literal."""
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Refused("expression-type", f"{text[:40]!r} is no date.", "a date such as '2024-01-31'") from None
    when = when.astimezone(UTC).replace(tzinfo=None) if when.tzinfo else when
    return Typed(f"CAST('{when.isoformat(sep=' ')}' AS TIMESTAMP)", "date", True)


# Leaves


def _column(writer: Writer, node: Any) -> Typed:
    name = node.name
    if name not in writer.types:
        raise Refused("unknown-column", f"There is no column {name!r}.", ", ".join(map(repr, writer.types)))
    writer.used.add(name)
    return Typed(f'"{writer.short[name]}"', writer.types[name], True)


def _literal(writer: Writer, node: Any) -> Typed:
    return Typed(quoted(node.this), "text", True) if node.is_string else Typed(number(node.this), "number", True)


def _boolean(writer: Writer, node: Any) -> Typed:
    return Typed("TRUE" if node.this else "FALSE", "boolean", True)


def _null(writer: Writer, node: Any) -> Typed:
    return Typed("NULL", "null", True)


def _paren(writer: Writer, node: Any) -> Typed:
    inside = writer.visit(node.this)
    return inside if inside.plain else Typed(f"({inside.text})", inside.type)


# Arithmetic


def _arithmetic(sign: str) -> Callable[[Writer, Any], Typed]:
    def write(writer: Writer, node: Any) -> Typed:
        left, right = writer.visit(node.this), writer.visit(node.expression)
        if sign == "-" and left.type == right.type == "date":
            return _days(left, right)
        a, b = writer._as(left, "number", node.this), writer._as(right, "number", node.expression)
        divisor = f"NULLIF({b.text}, 0e0)" if sign in "/%" else b.text
        return Typed(f"{_tight(a)} {sign} {divisor if sign in '/%' else _tight(b)}", "number")

    return write


def _tight(value: Typed) -> str:
    return value.text if value.plain else f"({value.text})"


def _days(end: Typed, start: Typed) -> Typed:
    seconds = [f"CAST(EXTRACT(EPOCH FROM {value.text}) AS DOUBLE)" for value in (end, start)]
    return Typed(f"({seconds[0]} - {seconds[1]}) / 86400e0", "number")


def _negative(writer: Writer, node: Any) -> Typed:
    return Typed(f"0e0 - {_tight(writer.number(node.this))}", "number")


def _datediff(writer: Writer, node: Any) -> Typed:
    return _days(writer.date(node.this), writer.date(node.expression))


# Conditions


def _comparison(sign: str) -> Callable[[Writer, Any], Typed]:
    def write(writer: Writer, node: Any) -> Typed:
        (a, b), kind = writer.together([node.this, node.expression])
        if kind in ("boolean", "flag") and sign not in ("=", "<>"):
            raise Refused("expression-type", f"Conditions have no order: {_short(node)}.")
        return Typed(f"{_tight(writer.finite(a))} {sign} {_tight(writer.finite(b))}", "boolean")

    return write


def _junction(word: str) -> Callable[[Writer, Any], Typed]:
    def write(writer: Writer, node: Any) -> Typed:
        a, b = writer.condition(node.this), writer.condition(node.expression)
        return Typed(f"({a.text}) {word} ({b.text})", "boolean")

    return write


def _not(writer: Writer, node: Any) -> Typed:
    return Typed(f"NOT ({writer.condition(node.this).text})", "boolean")


def _is(writer: Writer, node: Any) -> Typed:
    if type(node.expression) is exp.Null:
        value = writer.visit(node.this)
        if value.type == "null":
            return Typed("TRUE", "boolean", True)
        return Typed(f"{_tight(writer.finite(value))} IS NULL", "boolean")
    if type(node.expression) is exp.Boolean:
        value = writer.keep(writer.condition(node.this))
        wanted = value.text if node.expression.this else f"NOT {value.text}"
        return Typed(f"COALESCE({wanted}, FALSE)", "boolean")
    raise Refused("expression-refused", f"{said(node)} is not allowed.", "IS NULL, IS TRUE, IS FALSE")


def _in(writer: Writer, node: Any) -> Typed:
    if not node.expressions or any(type(one) not in (exp.Literal, exp.Neg) for one in node.expressions):
        raise Refused("expression-refused", "IN takes a list of literals.", "IN ('a', 'b')")
    (value, *listed), _ = writer.together([node.this, *node.expressions])
    kept = value if value.plain else writer.keep(value)
    return Typed(" OR ".join(f"{kept.text} = {_tight(one)}" for one in listed), "boolean")


def _between(writer: Writer, node: Any) -> Typed:
    (value, low, high), kind = writer.together([node.this, node.args["low"], node.args["high"]])
    if kind in ("boolean", "flag"):
        raise Refused("expression-type", f"Conditions have no order: {_short(node)}.")
    kept = value if value.plain else writer.keep(value)
    low, high = writer.finite(low), writer.finite(high)
    return Typed(f"{kept.text} >= {_tight(low)} AND {kept.text} <= {_tight(high)}", "boolean")


def _like(word: str) -> Callable[[Writer, Any], Typed]:
    def write(writer: Writer, node: Any) -> Typed:
        pattern = literal_text(node.expression, "LIKE")
        return Typed(f"{_tight(writer.text(node.this))} {word} {quoted(pattern)}", "boolean")

    return write


def _case(writer: Writer, node: Any) -> Typed:
    branches = node.args["ifs"]
    subject = node.args.get("this")
    conditions = []
    for branch in branches:
        asked = exp.EQ(this=subject.copy(), expression=branch.this.copy()) if subject is not None else branch.this
        conditions.append(writer.condition(asked))
    last = node.args.get("default") or exp.Null()
    values, kind = writer.together([*(branch.args["true"] for branch in branches), last])
    text = " ".join(
        f"WHEN {condition.text} THEN {value.text}" for condition, value in zip(conditions, values, strict=False)
    )
    return Typed(f"CASE {text} ELSE {values[-1].text} END", kind)


def _if(writer: Writer, node: Any) -> Typed:
    last = node.args.get("false") or exp.Null()
    values, kind = writer.together([node.args["true"], last])
    return Typed(f"CASE WHEN {writer.condition(node.this).text} THEN {values[0].text} ELSE {values[1].text} END", kind)


def _choice(name: str) -> Callable[[Writer, Any], Typed]:
    def write(writer: Writer, node: Any) -> Typed:
        values, kind = writer.together([node.this, *node.expressions])
        if name != "COALESCE" and kind not in ("number", "date", "flag", "null"):
            raise Refused("expression-type", f"{name} takes numbers or dates.")
        inside = [writer.finite(value).text for value in values]
        return Typed(f"{name}({', '.join(inside)})", kind)

    return write


def _nullif(writer: Writer, node: Any) -> Typed:
    (a, b), kind = writer.together([node.this, node.expression])
    return Typed(f"NULLIF({writer.finite(a).text}, {writer.finite(b).text})", kind)


# Functions


def _of_number(name: str, *, above: str | None = None) -> Callable[[Writer, Any], Typed]:
    """A function of one number; `above`: where it is defined, e.g. ``> 0``."""

    def write(writer: Writer, node: Any) -> Typed:
        value = writer.number(node.this)
        if above is None:
            return Typed(f"{name}({value.text})", "number")
        kept = value if value.plain else writer.keep(value)
        return Typed(f"{name}(CASE WHEN {kept.text} {above} THEN {kept.text} END)", "number")

    return write


def _log(writer: Writer, node: Any) -> Typed:
    value, base = node.args.get("expression"), node.this
    if value is None:  # LOG(x) is the natural one to sqlglot's generic dialect, the common one to others: say which
        raise Refused("expression-refused", "LOG needs its base.", "LOG(10, x), LOG10(x), LOG2(x) or LN(x)")
    if type(base) is not exp.Literal or float(number(base.this)) not in (2.0, 10.0):
        raise Refused("expression-refused", "The base of LOG is 2 or 10.", "LOG(10, x), LOG(2, x), LN(x)")
    made = _of_number("LN", above="> 0e0")(writer, exp.Ln(this=value.copy()))
    return Typed(f"{made.text} / LN({number(base.this)})", "number")


def _power(writer: Writer, node: Any) -> Typed:
    base, power = writer.number(node.this), node.expression
    negative = type(power) is exp.Neg
    literal = power.this if negative else power
    if type(literal) is not exp.Literal or literal.is_string:
        raise Refused("expression-refused", "The exponent of POWER is a number.", "POWER(x, 2)")
    value = float(number(literal.this)) * (-1 if negative else 1)
    kept = base if base.plain else writer.keep(base)
    defined = [*(["<> 0e0"] if value < 0 else []), *([">= 0e0"] if value != int(value) else [])]
    text = kept.text
    if defined:
        text = f"CASE WHEN {' AND '.join(f'{kept.text} {one}' for one in defined)} THEN {kept.text} END"
    return Typed(f"POWER({text}, {'0e0 - ' if value < 0 else ''}{number(str(abs(value)))})", "number")


def _round(writer: Writer, node: Any) -> Typed:
    digits = whole(node.args.get("decimals"), 0, 15, "ROUND")
    return Typed(f"ROUND({writer.number(node.this).text}, {digits})", "number")


def _atan2(writer: Writer, node: Any) -> Typed:
    return Typed(f"ATAN2({writer.number(node.this).text}, {writer.number(node.expression).text})", "number")


def _of_text(name: str, type_: Type = "text") -> Callable[[Writer, Any], Typed]:
    def write(writer: Writer, node: Any) -> Typed:
        made = f"{name}({writer.text(node.this).text})"
        return Typed(f"CAST({made} AS DOUBLE)" if type_ == "number" else made, type_)

    return write


def _ends(name: str) -> Callable[[Writer, Any], Typed]:
    def write(writer: Writer, node: Any) -> Typed:
        return Typed(f"{name}({writer.text(node.this).text}, {writer.text(node.expression).text})", "boolean")

    return write


def _side(name: str) -> Callable[[Writer, Any], Typed]:
    def write(writer: Writer, node: Any) -> Typed:
        return Typed(f"{name}({writer.text(node.this).text}, {whole(node.expression, 0, 10_000, name)})", "text")

    return write


def _substring(writer: Writer, node: Any) -> Typed:
    start = whole(node.args.get("start"), 1, 100_000, "SUBSTRING")
    length = whole(node.args.get("length") or exp.Literal.number(100_000), 0, 100_000, "SUBSTRING")
    return Typed(f"SUBSTRING({writer.text(node.this).text}, {start}, {length})", "text")


def _split_part(writer: Writer, node: Any) -> Typed:
    separator = literal_text(node.args.get("delimiter"), "SPLIT_PART")
    part = whole(node.args.get("part_index"), 1, 1000, "SPLIT_PART")
    return Typed(f"NULLIF(SPLIT_PART({writer.text(node.this).text}, {quoted(separator)}, {part}), '')", "text")


def _replace(writer: Writer, node: Any) -> Typed:
    old = literal_text(node.expression, "REPLACE")
    new = literal_text(node.args.get("replacement"), "REPLACE") if node.args.get("replacement") is not None else ""
    if not old or len(new) > len(old):
        raise Refused(
            "expression-refused", "REPLACE must not make a text longer.", "a replacement no longer than the text"
        )
    return Typed(f"REPLACE({writer.text(node.this).text}, {quoted(old)}, {quoted(new)})", "text")


def _concat(writer: Writer, node: Any) -> Typed:
    parts = [writer.text(one).text for one in node.expressions]
    return Typed(f"CONCAT({', '.join(parts)})", "text")


def _pipe(writer: Writer, node: Any) -> Typed:
    return Typed(f"{_tight(writer.text(node.this))} || {_tight(writer.text(node.expression))}", "text")


def _extract(writer: Writer, node: Any) -> Typed:
    part = str(node.this.name).upper()
    if part not in PARTS:
        raise Refused("expression-refused", f"{part[:40]} is no part of a date.", ", ".join(sorted(PARTS)))
    return _part(part)(writer, exp.Year(this=node.expression))


def _part(part: str) -> Callable[[Writer, Any], Typed]:
    def write(writer: Writer, node: Any) -> Typed:
        return Typed(f"CAST(EXTRACT({part} FROM {_tight(writer.date(node.this))}) AS DOUBLE)", "number")

    return write


def _cast(writer: Writer, node: Any) -> Typed:
    to = node.args["to"]
    name = to.this.value if type(to) is exp.DataType and not to.expressions else "?"
    if name in DATES:
        if type(node.this) is not exp.Literal:
            value = writer.visit(node.this)
            if value.type == "date":
                return value
            raise Refused("expression-refused", "Only literals become dates here; columns of dates are dates already.")
        return moment(str(node.this.this))
    value = writer.visit(node.this)
    if name in FLOATS | WHOLE:
        return _to_number(writer, value, node, name in WHOLE)
    if name in TEXTS:
        if value.type == "date":
            raise Refused("expression-refused", "A date does not become a text; EXTRACT gives its parts.")
        return Typed(f"CAST({value.text} AS VARCHAR)", "text")
    if name == "BOOLEAN" and value.type in ("boolean", "flag", "null"):
        return writer._as(value, "boolean", node.this)
    raise Refused(
        "expression-refused", f"{said(node)} is not allowed.", "CAST to DOUBLE, INT, VARCHAR, DATE, TIMESTAMP"
    )


def _to_number(writer: Writer, value: Typed, node: Any, is_whole: bool) -> Typed:
    if value.type in ("text", "boolean"):
        value = Typed(f"TRY_CAST({value.text} AS DOUBLE)", "number")
    value = writer._as(value, "number", node.this)
    if not is_whole:
        return value
    kept = value if value.plain else writer.keep(value)
    return Typed(f"CASE WHEN {kept.text} < 0e0 THEN CEIL({kept.text}) ELSE FLOOR({kept.text}) END", "number")


def whole(node: Any, low: int, high: int, where: str) -> int:
    """Return a whole number that stands in the text."""
    if node is None:
        return low
    if (
        type(node) is not exp.Literal
        or node.is_string
        or not str(node.this).isdigit()
        or not low <= int(node.this) <= high
    ):
        raise Refused(
            "expression-refused", f"{where} takes a whole number from {low} to {high} here.", f"{low} to {high}"
        )
    return int(node.this)


def literal_text(node: Any, where: str) -> str:
    """Return a text that stands in the text."""
    if type(node) is not exp.Literal or not node.is_string:
        raise Refused("expression-refused", f"{where} takes a text in quotes here.", "a text in single quotes")
    return str(node.this)


_PAIR: Final = frozenset({"this", "expression"})
_ONE: Final = frozenset({"this"})
_SEVERAL: Final = frozenset({"this", "expressions"})
HANDLERS: Final[dict[type, tuple[Callable[[Writer, Any], Typed], frozenset[str]]]] = {
    exp.Column: (_column, _ONE),
    exp.Literal: (_literal, frozenset({"this", "is_string"})),
    exp.Boolean: (_boolean, _ONE),
    exp.Null: (_null, frozenset()),
    exp.Paren: (_paren, _ONE),
    **{
        kind: (_arithmetic(sign), _PAIR)
        for kind, sign in ((exp.Add, "+"), (exp.Sub, "-"), (exp.Mul, "*"), (exp.Div, "/"), (exp.Mod, "%"))
    },
    exp.Neg: (_negative, _ONE),
    exp.DateDiff: (_datediff, _PAIR),
    **{
        kind: (_comparison(sign), _PAIR)
        for kind, sign in (
            (exp.EQ, "="), (exp.NEQ, "<>"), (exp.GT, ">"), (exp.GTE, ">="), (exp.LT, "<"), (exp.LTE, "<="),
        )
    },
    exp.And: (_junction("AND"), _PAIR),
    exp.Or: (_junction("OR"), _PAIR),
    exp.Not: (_not, _ONE),
    exp.Is: (_is, _PAIR),
    exp.In: (_in, _SEVERAL),
    exp.Between: (_between, frozenset({"this", "low", "high"})),
    exp.Like: (_like("LIKE"), _PAIR),
    exp.ILike: (_like("ILIKE"), _PAIR),
    exp.Case: (_case, frozenset({"this", "ifs", "default"})),
    exp.If: (_if, frozenset({"this", "true", "false"})),
    exp.Coalesce: (_choice("COALESCE"), _SEVERAL),
    exp.Greatest: (_choice("GREATEST"), _SEVERAL),
    exp.Least: (_choice("LEAST"), _SEVERAL),
    exp.Nullif: (_nullif, _PAIR),
    **{
        kind: (_of_number(name), _ONE)
        for kind, name in (
            (exp.Abs, "ABS"), (exp.Sign, "SIGN"), (exp.Floor, "FLOOR"), (exp.Ceil, "CEIL"), (exp.Exp, "EXP"),
            (exp.Sin, "SIN"), (exp.Cos, "COS"), (exp.Tan, "TAN"), (exp.Atan, "ATAN"),
        )
    },
    exp.Sqrt: (_of_number("SQRT", above=">= 0e0"), _ONE),
    exp.Ln: (_of_number("LN", above="> 0e0"), _ONE),
    exp.Log: (_log, _PAIR),
    exp.Pow: (_power, _PAIR),
    exp.Round: (_round, frozenset({"this", "decimals"})),
    exp.Atan2: (_atan2, _PAIR),
    exp.Upper: (_of_text("UPPER"), _ONE),
    exp.Lower: (_of_text("LOWER"), _ONE),
    exp.Trim: (_of_text("TRIM"), _ONE),
    exp.Length: (_of_text("LENGTH", "number"), _ONE),
    exp.Left: (_side("LEFT"), _PAIR),
    exp.Right: (_side("RIGHT"), _PAIR),
    exp.Substring: (_substring, frozenset({"this", "start", "length"})),
    exp.SplitPart: (_split_part, frozenset({"this", "delimiter", "part_index"})),
    exp.Replace: (_replace, frozenset({"this", "expression", "replacement"})),
    exp.Concat: (_concat, frozenset({"expressions"})),
    exp.DPipe: (_pipe, _PAIR),
    exp.StartsWith: (_ends("STARTS_WITH"), _PAIR),
    exp.EndsWith: (_ends("ENDS_WITH"), _PAIR),
    exp.Extract: (_extract, _PAIR),
    **{
        kind: (_part(name), _ONE)
        for kind, name in (
            (exp.Year, "YEAR"), (exp.Quarter, "QUARTER"), (exp.Month, "MONTH"), (exp.Day, "DAY"),
            (exp.Hour, "HOUR"), (exp.Minute, "MINUTE"),
        )
    },
    exp.Cast: (_cast, frozenset({"this", "to"})),
    exp.TryCast: (_cast, frozenset({"this", "to"})),
}  # fmt: skip
"""By the exact class of a node: how it is written, and which of its parts may be there."""
