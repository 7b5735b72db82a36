"""The catalogue of finding codes, and how a finding is made of one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Final, Literal, NamedTuple

from planfit.records.findings import Finding, Gate, printable

Severity = Literal["error", "warning"]


class Code(NamedTuple):
    """One kind of judgement."""

    gate: Gate
    severity: Severity
    says: str
    """What it means, one sentence."""


def _table(gate: Gate, severity: Severity, **says: str) -> dict[str, Code]:
    return {name.replace("_", "-"): Code(gate, severity, sentence) for name, sentence in says.items()}


CODES: Final[dict[str, Code]] = {
    **_table(
        "document", "error",
        not_json="The answer is not one JSON document.",
        too_deep="The document is nested deeper than any plan.",
        too_long="The document is longer than any plan.",
        duplicate_field="A field stands twice in the same object.",
        wrong_type="A value is of another type than the field takes.",
        missing_field="A field that must be there is not.",
        unknown_field="The object has no such field.",
        unknown_operation="There is no operation of that name.",
        unknown_family="There is no model family of that name.",
        out_of_bounds="A value is of the right type, but not one that the field takes.",
        ambiguous_columns="A step names its columns in two ways.",
        unsupported_version="The document is of a version of the plan language that is not read here.",
        planner_unreachable="The planner gave no answer.",
        answer_refused="The language model declined to answer.",
        answer_cut_off="The answer ended before the plan did.",
        answer_empty="The answer holds no text.",
    ),
    **_table(
        "schema", "error",
        unknown_column="There is no such column.",
        column_dropped="An earlier step has removed the column.",
        column_excluded="The column is there, but no model may use it.",
        target_used="A step uses the column that is to be predicted.",
        kind_not_accepted="The operation does not take columns of that kind.",
        column_count="The operation takes fewer or more columns.",
        name_clash="A step makes a column whose name is taken.",
        empty_selector="A selector picks no column.",
        nothing_left="No column is left to learn from.",
        too_wide="The plan makes more columns than allowed.",
        too_much_memory="The table is forecast to need more memory than there is.",
        bad_parameter="A parameter does not fit the columns that the step works on.",
        expression_syntax="The expression cannot be read.",
        expression_refused="The expression uses something that is not allowed.",
        expression_type="The expression mixes types that do not go together.",
        family_missing="The model family is known, but what it needs is not installed.",
        family_not_allowed="The model family is known, but not among those that this run may use.",
        task_not_supported="The model family does not solve tasks of that type.",
        unknown_feature_set="There is no feature set of that name.",
        unknown_candidate="There is no scored candidate of that name.",
        cannot_be_tuned="The candidate has nothing that could be tuned.",
        space_outside="A dimension of the search space leaves the bounds of its hyperparameter.",
        too_few_candidates="An ensemble needs candidates to be made of.",
        option_contradicted="The plan contradicts what the user fixed.",
        task_type_unfit="The target does not make a task of that type.",
        unknown_metric="There is no metric of that name.",
        metric_unfit="The metric does not judge tasks of that type.",
        unknown_class="The target has no such value.",
        exclusion_missing="A column that the user wants left out is not left out.",
        split_impossible="The rows cannot be divided that way.",
        task_settled="The plan changes what cannot change any more.",
        rolled_back="A plan of the same meaning was rolled back, by a person or because a probe found it worse.",
        rejected_by_person="A person looked at the plan and rejected it.",
    ),
    **_table(
        "schema", "warning",
        no_effect="Something in the plan changes nothing.",
        entities_mixed="Rows of entities that repeat are divided at random.",
        repeated_step="A step does what an earlier one has done.",
        repeated_plan="The plan means the same as one that was tried before.",
        plans_in_a_circle="The answer goes back to a plan that was refused before the last one.",
        claimed_result="The plan tells of a result that the record does not hold.",
    ),
    **_table(
        "sample", "error",
        step_failed="A step breaks on the rows it was tried on.",
        not_finite="A step makes infinite numbers.",
        memory_exceeded="Carrying out the plan took more memory than allowed.",
        time_exceeded="Carrying out the plan took more time than allowed.",
    ),
    **_table(
        "data", "warning",
        damaged_file="A file of the run is missing or does not fit its hash; its step is done again.",
        too_slow="One row takes the delivered model longer than was asked for.",
    ),
    **_table(
        "sample", "warning",
        all_missing="A step makes a column without a single value.",
        constant_output="A step makes a column that is the same in every row.",
    ),
    **_table(
        "dataset", "warning",
        identifier="The column tells rows apart and nothing else.",
        constant="The column holds one value, or none.",
        mostly_missing="The column is missing in more than half of the rows.",
        infinite_values="Infinite numbers become missing.",
        mixed_types="Numbers and words stand in one column.",
        ambiguous_dates="Day and month of a column of dates could be swapped.",
        high_cardinality="A column has very many categories.",
        long_tails="Few rows hold most of a column's spread.",
        personal_data="The column looks as if it held personal data.",
        duplicate_column="A column is equal to an earlier one; columns come in such pairs.",
        similar_columns="A column says nearly the same as an earlier one; columns come in such pairs.",
        duplicate_rows="Rows occur more than once.",
        disguised_missing="A value stands for a missing one.",
        time_order="The rows look ordered in time.",
        time_series="The rows are a series in time; later rows are to be predicted from earlier ones.",
        repeated_entities="The same entity occurs in several rows; they are kept on one side.",
        possible_entities="The same entity may occur in several rows.",
        encoding="The file is not written in UTF-8.",
        header_missing="The file seems to have no line of column names.",
        renamed_columns="Column names were not usable as they stood.",
        nul_bytes="NUL bytes were removed from a text.",
        ragged_lines="Lines with more or fewer fields than the header were dropped.",
        unbalanced_quotes="Quotes do not pair up and were read as plain signs.",
        lines_before_header="Lines before the header were skipped.",
        several_tables="A source holds several tables; the first was read.",
        target_missing="Rows without a target were left out.",
    ),
    **_table(
        "task", "warning",
        leak_suspected="The column knows more about the target than it could when predicting.",
        rare_class="A class has very few rows.",
        imbalanced_classes="One of two classes has a small share of the rows.",
        heavy_tail="Few rows hold most of the target's spread.",
        target_outliers="Single targets lie very far from all others.",
        known_afterwards="The column may only be known once the target is.",
        screened_columns="A very wide table was cut to the columns that say most about the target.",
        contradiction="The sentence asks for what an option, the table or the installation contradicts.",
        target_unclear="The sentence does not say clearly what is to be predicted.",
    ),
}  # fmt: skip
"""Gate and severity are those that a code usually has; gates ``data`` and ``sample`` share theirs."""

MENDABLE: Final = frozenset({
    "ambiguous-columns", "column-excluded", "empty-selector", "exclusion-missing", "kind-not-accepted", "name-clash",
    "no-effect", "option-contradicted", "out-of-bounds", "repeated-step", "space-outside", "target-used",
    "unknown-candidate", "unknown-class", "unknown-column", "unknown-family", "unknown-feature-set", "unknown-field",
    "unknown-metric", "unknown-operation", "wrong-type",
})  # fmt: skip
"""Codes whose findings carry a mend where it is plain what was meant."""


def finding(code: str, path: str, message: str, **more: Any) -> Finding:
    """Return a finding with the gate and severity of its code, unless `more` gives others.

    Examples
    --------
    >>> finding("unknown-column", "/transformations/0/column", "There is no column 'agee'.", nearest="age").sentence()
    "/transformations/0/column: There is no column 'agee'. Did you mean 'age'?"
    """
    entry = CODES[code]
    if more.get("mend") and code not in MENDABLE:
        raise KeyError(f"{code} carries a mend, and the docs do not say so")
    return Finding(code=code, path=clean(path), message=printable(clean(message)), **{
        "gate": entry.gate, "severity": entry.severity, **more,
    })  # fmt: skip


def pointer(*parts: str | int) -> str:
    """Return a JSON Pointer (RFC 6901).

    >>> pointer("transformations", 0, "a/b")
    '/transformations/0/a~1b'
    """
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that `name` most likely means: equal but for case and signs, else the most similar.

    >>> nearest("StandardScale", ["standard_scale", "min_max_scale"])
    'standard_scale'
    """
    names = list(known)
    by_form: dict[str, str] = {}
    for each in names:
        by_form.setdefault(_form(each), each)
    wanted = _form(name[:300])
    if wanted and wanted in by_form:
        return by_form[wanted]
    found = get_close_matches(wanted, by_form, 1, 0.6)
    return by_form[found[0]] if found else None


def _form(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()


def replacing(path: str, value: Any) -> tuple[dict[str, Any], ...]:
    """Return the JSON Patch that puts `value` at `path`."""
    return ({"op": "replace", "path": path, "value": value},)


def removing(path: str) -> tuple[dict[str, Any], ...]:
    """Return the JSON Patch that takes away what stands at `path`."""
    return ({"op": "remove", "path": path},)


def moving(source: str, path: str) -> tuple[dict[str, Any], ...]:
    """Return the JSON Patch that renames a field."""
    return ({"op": "move", "from": source, "path": path},)


def shown(value: Any, most: int = 80) -> str:
    """Return a value as a message shows it: JSON, shortened."""
    if isinstance(value, str) and len(value) > most:
        return f'{printable(json.dumps(clean(value[:most]), ensure_ascii=False)[:-1])}…" ({len(value):,} characters)'
    if isinstance(value, dict) and len(value) > 20:
        return f"an object of {len(value)} fields"
    if isinstance(value, list | tuple) and len(value) > 20:
        return f"a list of {len(value)} entries"
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except (ValueError, RecursionError):
        return f"a {type(value).__name__}"
    text = printable(clean(text))
    return text if len(text) <= most else text[: most - 1] + "…"


def clean(text: str) -> str:
    """Return text that can be written anywhere: halves of character pairs become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def with_article(noun: str) -> str:
    """Return a noun behind the article that it takes.

    >>> with_article("identifier"), with_article("text")
    ('an identifier', 'a text')
    """
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


def listed(names: Iterable[str], most: int = 40) -> str:
    """Return names as a list for people: ``a, b and 3 more``."""
    every = list(names)
    if len(every) <= most:
        return ", ".join(every)
    return f"{', '.join(every[:most])} and {len(every) - most} more"


def quoted(names: Iterable[str], most: int = 5) -> str:
    """Return column names as a message shows them: ``'a', 'b' and 3 more``."""
    return listed((repr(name) for name in names), most)
