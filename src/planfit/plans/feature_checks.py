"""What is looked at in one step of a feature plan, and everything that is known where it stands."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

from planfit.operations.base import SELECTORS, Operation
from planfit.plans.checks import Check, check
from planfit.plans.codes import CODES, finding, listed, nearest, quoted, removing, replacing, shown, with_article
from planfit.plans.features import catalogue, step_meaning
from planfit.plans.resolve import Table, bytes_of, width
from planfit.plans.selectors import Mention, Selection
from planfit.records.findings import Finding
from planfit.records.schema import Column, Kind, Schema
from planfit.records.task import Task
from planfit.settings import MOST_COLUMNS

MOST_NAMES: Final = 5
"""Columns that a message names before it counts the rest."""
MOST_LETTERS: Final = 200
"""Of a name that is given by `into`."""


def count_fits(operation: Operation, count: int) -> bool:
    """Say whether an operation takes so many columns."""
    most = operation.most_columns
    return count >= operation.fewest_columns and (most is None or count <= most)


@dataclass(frozen=True)
class About:
    """What is the same for every step."""

    schema: Schema
    task: Task | None
    rows: int
    memory: int | None


@dataclass(frozen=True)
class StepView:
    """One step, and everything that is known where it stands."""

    index: int
    operation: Operation
    before: Table
    """The columns that it sees."""
    selection: Selection
    about: About
    earlier: tuple[Operation, ...]
    lost: frozenset[str] = frozenset()
    """Names that a step which is wrong itself would have made; missing them is no news."""
    inputs: tuple[Column, ...] = ()
    """The columns it works on as far as is known: what it names, or what it most likely means."""
    outputs: tuple[Column, ...] | None = None
    """What it makes; None where that could not be said."""
    made: int = 0
    """How many columns that is."""

    unresolved: int = 0
    """Names that it gives to which no column comes near."""

    @property
    def path(self) -> str:
        return f"/transformations/{self.index}"

    @property
    def count_fits(self) -> bool:
        """Whether it names as many columns as its operation takes."""
        return count_fits(self.operation, len(self.inputs) + self.unresolved)

    @property
    def name(self) -> str:
        return self.operation.operation

    def nearest(self, text: str) -> str | None:
        """Return the present column that `text` most likely means."""
        return nearest(text, self.before.names)


@check("unknown-column", "column-dropped", "column-excluded", "target-used")
def names_are_known(step: StepView) -> Iterator[Finding]:
    """Every column that a step names is there."""
    for mention in (*step.selection.mentions, *step.selection.left_out):
        if mention.columns or (mention.is_selector and mention.path != "/column"):
            continue
        taken_back = mention in step.selection.mentions and mention.text in step.selection.taken_back
        if not taken_back and mention.text not in step.lost:
            yield _about_name(step, mention)


def _about_name(step: StepView, mention: Mention) -> Finding:
    name, path = mention.text, step.path + mention.path
    if name == step.about.schema.target:
        message = f"{step.name} uses {name!r}, the target, which is not known when predicting."
        return finding("target-used", path, message, allowed=_names(step), mend=_without(step, mention))
    excluded = next((entry for entry in step.about.schema.excluded if entry.name == name), None)
    if excluded is not None:
        message = f"{step.name} uses {name!r}, which is excluded ({excluded.code}: {excluded.reason.rstrip('.')})."
        return finding("column-excluded", path, message, allowed=_names(step), mend=_without(step, mention))
    if name in step.about.schema.carried:
        message = f"{step.name} uses {name!r}, which only divides the rows and is no feature."
        return finding("column-excluded", path, message, allowed=_names(step), mend=_without(step, mention))
    if name in step.before.removed:
        return _about_dropped(step, name, path)
    if mention.path == "/column" and name in SELECTORS:
        put = ({"op": "remove", "path": path}, {"op": "add", "path": f"{step.path}/columns", "value": [name]})
        message = f"`column` of {step.name} names one column, and {name} is a selector."
        return finding("unknown-column", path, message, hint="Selectors stand in `columns`.", mend=put)
    group = next((column for column in step.before.columns if _is_member(name, column)), None)
    if group is not None:
        message = (
            f"{name!r} cannot be named: how many columns {group.name!r} stands for depends on the data, "
            "so they are named as a whole."
        )
        mend = _naming(step, mention, group.name)
        return finding("unknown-column", path, message, nearest=group.name, mend=mend)
    near = nearest(name, SELECTORS) if name.startswith("@") else None
    near = near or step.nearest(name)
    mend = None if near is None else _naming(step, mention, near)
    what = "selector or column" if name.startswith("@") else "column"
    return finding(
        "unknown-column", path, f"There is no {what} {name!r}.", allowed=_names(step), nearest=near, mend=mend
    )


def _naming(step: StepView, mention: Mention, name: str) -> tuple[dict[str, Any], ...] | None:
    """Return the patch that names another column in a place; inside a text, the text with that name in it."""
    path = step.path + mention.path
    if not mention.inside:
        return replacing(path, name)
    text = step.operation.renamed(mention.text, name)
    return None if text is None else replacing(path, text)


def _without(step: StepView, mention: Mention) -> tuple[dict[str, Any], ...] | None:
    """Return the patch that takes a name out of a step, or the step out of the plan where nothing else is named."""
    if mention.path != "/column" and not mention.path.startswith(("/columns/", "/except/")):
        return None  # it stands inside a text, which no patch can change in part
    alone = mention in step.selection.mentions and len(step.selection.mentions) == 1
    return removing(step.path if alone else step.path + mention.path)


def _about_dropped(step: StepView, name: str, path: str) -> Finding:
    by = step.before.removed[name]
    remover = step.earlier[by]
    message = f"{step.name} uses {name!r}, which step {by + 1}, {remover.operation}, has removed."
    made = [column for column in step.before.columns if column.name.startswith(name) and column.name != name]
    near = made[0].name if len(made) == 1 else None
    hint = f"Put this step before step {by + 1}."
    if remover.replaces and remover.theme != "reduction":
        hint = f'Put this step before step {by + 1}, or give that one "keep_source": true.'
    return finding("column-dropped", path, message, allowed=_names(step), nearest=near, hint=hint)


def _is_member(name: str, column: Column) -> bool:
    return column.group and name.startswith(column.name.rstrip("*"))


def _names(step: StepView) -> str:
    return listed(step.before.names, 30) or "no column is left"


@check("empty-selector")
def selectors_pick_something(step: StepView) -> Iterator[Finding]:
    """Every selector picks a column."""
    for mention in step.selection.mentions:
        if mention.is_selector and mention.path != "/column" and not mention.columns:
            kinds = sorted({column.kind.value for column in step.before.columns})
            there = any(column.kind in SELECTORS[mention.text] for column in step.before.columns)
            because = "every such column is in `except`" if there else f"the columns here are {listed(kinds)}"
            message = f"{mention.text} picks no column for {step.name}: {because}."
            yield finding(
                "empty-selector", step.path + mention.path, message,
                hint="Leave the step out." if step.selection.mentions == (mention,) else "Leave the selector out.",
                mend=_without(step, mention),
            )  # fmt: skip
    only_names = not any(mention.is_selector for mention in step.selection.mentions)
    if only_names and step.selection.taken_back and not step.selection.columns:
        message = f"`except` leaves no column to {step.name}."
        yield finding("empty-selector", step.path, message, hint="Leave the step out.", mend=removing(step.path))


@check("no-effect")
def exceptions_matter(step: StepView) -> Iterator[Finding]:
    """What `except` names would have been picked, and nothing is named twice."""
    for mention in step.selection.left_out:
        missed = [column.name for column in mention.columns if column.name not in step.selection.taken_back]
        if missed and len(missed) == len(mention.columns):
            message = f"`except` names {quoted(missed)}, which {step.name} does not pick anyway."
            path = step.path + mention.path
            yield finding("no-effect", path, message, mend=removing(path))
    seen: set[str] = set()
    for mention in step.selection.mentions:
        if mention.text in seen:
            path = step.path + mention.path
            yield finding("no-effect", path, f"{step.name} names {mention.text!r} twice.", mend=removing(path))
        seen.add(mention.text)


@check("kind-not-accepted")
def kinds_are_accepted(step: StepView) -> Iterator[Finding]:
    """The operation takes columns of those kinds."""
    accepts = type(step.operation).accepts
    for mention in step.selection.mentions:
        wrong = [column for column in mention.columns if column.kind not in accepts]
        if not wrong:
            continue
        kinds = list(dict.fromkeys(column.kind for column in wrong))
        if len(mention.columns) == 1 and not mention.is_selector:
            message = f"{step.name} does not take {wrong[0].name!r}, {with_article(kinds[0].value)} column."
        else:
            names = quoted((column.name for column in wrong), MOST_NAMES)
            said = " and ".join(kind.value for kind in kinds)
            message = f"{step.name} does not take what {mention.text} picks: {names} ({said})."
        able = {kind: operations_for(kind) for kind in kinds}
        hint = " ".join(
            f"{with_article(kind.value).capitalize()} column is taken by {listed(names)}."
            for kind, names in able.items()
        )
        allowed = f"columns of kind {listed(sorted(kind.value for kind in accepts))}"
        path = step.path + mention.path
        mend = _narrower(mention, path, accepts) if mention.is_selector else None
        yield finding("kind-not-accepted", path, message, allowed=allowed, hint=hint, mend=mend)


def _narrower(mention: Mention, path: str, accepts: frozenset[Kind]) -> tuple[dict[str, Any], ...] | None:
    """Return the patch to the selectors that pick, of what a greater one picks, what the operation takes."""
    fitting = [
        name
        for name, kinds in SELECTORS.items()
        if kinds <= accepts and any(column.kind in kinds for column in mention.columns)
    ]
    if not fitting:
        return None
    more = [{"op": "add", "path": path, "value": name} for name in reversed(fitting[1:])]
    return (*more, *replacing(_next(path, len(more)), fitting[0])) if more else replacing(path, fitting[0])


def _next(path: str, count: int) -> str:
    """Return the place so many entries further in a list."""
    front, _, place = path.rpartition("/")
    return f"{front}/{int(place) + count}"


def operations_for(kind: Kind) -> list[str]:
    """Return the operations that take columns of a kind."""
    return [name for name, operation in catalogue().items() if kind in operation.accepts]


@check("column-count")
def counts_fit(step: StepView) -> Iterator[Finding]:
    """The operation takes so many columns."""
    if step.count_fits or not (step.inputs or step.unresolved):
        return
    fewest, most = step.operation.fewest_columns, step.operation.most_columns
    found = len(step.inputs) + step.unresolved
    wanted = f"exactly {fewest}" if most == fewest else f"at least {fewest}" if found < fewest else f"at most {most}"
    path = step.path + ("/column" if step.operation.column is not None else "/columns")
    names = f" ({quoted((column.name for column in step.inputs), MOST_NAMES)})" if step.inputs else ""
    message = f"{step.name} takes {wanted} columns. Got {found}{names}."
    yield finding("column-count", path, message, allowed=f"{wanted} columns")


@check("bad-parameter")
def the_operation_agrees(step: StepView) -> Iterator[Finding]:
    """The operation itself finds nothing wrong."""
    if not step.inputs and step.operation.fewest_columns:
        return
    schema = step.about.schema.having(columns=step.before.columns, dropped=tuple(step.before.removed))
    for problem in step.operation.check(step.inputs, schema):
        code = problem.code if problem.code in CODES else "bad-parameter"
        yield finding(
            code, step.path + problem.path, problem.message,
            gate="schema", severity=problem.severity, allowed=problem.allowed,
        )  # fmt: skip


@check("name-clash")
def names_are_free(step: StepView) -> Iterator[Finding]:
    """What a step makes has names of its own."""
    if not step.outputs or step.operation.keeps_only:
        return
    leaving = {column.name for column in step.inputs} if step.operation.removes_sources else set()
    taken = {name: "there is such a column already" for name in step.before.names if name not in leaving}
    taken |= dict.fromkeys(step.about.schema.carried, "the rows are divided by that column")
    if step.about.schema.target is not None:
        taken[step.about.schema.target] = "that is the target"
    path = step.path + ("/into" if step.operation.into is not None else "")
    told: set[str] = set()
    seen: set[str] = set()
    for column in step.outputs:
        why = taken.get(column.name) or ("it makes that name twice" if column.name in seen else None)
        seen.add(column.name)
        if why is not None and column.name not in told:
            told.add(column.name)
            if len(told) > MOST_NAMES:
                return
            message = f"{step.name} would make the column {shown(column.name)}, but {why}."
            alone = len(step.outputs) == 1 and _repeated(step) is None
            mend = _free_name(step, column.name, taken) if alone else None
            yield finding("name-clash", path, message, hint="Give another name by `into`.", mend=mend)


def _free_name(step: StepView, name: str, taken: Collection[str]) -> tuple[dict[str, Any], ...] | None:
    """Return the patch that gives a step's one result a name that is free."""
    column = (step.outputs or ())[0]
    if column.group:
        return None
    free = next(f"{name}_{count}" for count in range(2, len(taken) + 3) if f"{name}_{count}" not in taken)
    return ({"op": "add", "path": f"{step.path}/into", "value": free},) if len(free) <= MOST_LETTERS else None


@check("too-wide")
def width_is_bearable(step: StepView) -> Iterator[Finding]:
    """The plan makes no more columns than allowed."""
    leaving = width(step.inputs) if step.operation.removes_sources else 0
    before = width(step.before.columns)
    after = before - leaving + step.made
    if before <= MOST_COLUMNS < after and not step.operation.keeps_only:
        message = f"{step.name} makes {step.made:,} columns, {after:,} in all; at most {MOST_COLUMNS:,} are allowed."
        yield finding("too-wide", step.path, message, hint="Name fewer columns, or reduce them first.")


@check("too-much-memory")
def memory_is_bearable(step: StepView) -> Iterator[Finding]:
    """The forecast table fits into memory, results beside their sources. What is too wide is told as that."""
    if step.about.memory is None or width(step.before.columns) + step.made > MOST_COLUMNS:
        return
    held = bytes_of(step.before.columns, step.about.rows)
    needed = held + 8 * step.about.rows * step.made
    if held <= step.about.memory < needed:
        message = f"{step.name} is forecast to need {_size(needed)} on {step.about.rows:,} rows; the limit is {_size(step.about.memory)}."
        yield finding("too-much-memory", step.path, message, hint="Name fewer columns, or reduce them first.")


def _size(size: int) -> str:
    return f"{size / 2**30:.1f} GB" if size >= 2**30 else f"{size / 2**20:.1f} MB"


@check("repeated-step")
def steps_differ(step: StepView) -> Iterator[Finding]:
    """No step does what an earlier one has done."""
    place = _repeated(step)
    if place is not None:
        message = f"Step {step.index + 1} repeats step {place + 1}, {step.name}."
        # What replaces its columns may do more when it is done twice, a logarithm for instance
        mend = None if step.operation.removes_sources else removing(step.path)
        yield finding("repeated-step", step.path, message, mend=mend)


def _repeated(step: StepView) -> int | None:
    """Return the place of an earlier step of the same meaning."""
    meaning = step_meaning(step.operation)
    same = (
        place
        for place, earlier in enumerate(step.earlier)
        if earlier.operation == step.name and step_meaning(earlier) == meaning
    )
    return next(same, None)


CHECKS: Final[tuple[Check[StepView], ...]] = (
    names_are_known,
    selectors_pick_something,
    exceptions_matter,
    kinds_are_accepted,
    counts_fit,
    the_operation_agrees,
    names_are_free,
    width_is_bearable,
    memory_is_bearable,
    steps_differ,
)
