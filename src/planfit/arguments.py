"""What people hand over, checked and brought into one form; each refusal says what is wrong and what to write instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from planfit import settings
from planfit.amounts import bytes_of, milliseconds_of, seconds_of
from planfit.data.sources.address import absolute, is_text, parse
from planfit.errors import UsageError
from planfit.records.calls import Asking, Prices
from planfit.records.run import Limits

SPLITS = ("random", "stratified", "time", "group")


def sentence_of(task: Any) -> str:
    hint = 'Say in a sentence what to predict, e.g. "Predict customer churn".'
    if not isinstance(task, str):
        raise UsageError(f"The task must be told in a sentence. Got {task!r}.", hint=hint)
    text = " ".join(task.split())
    if not any(character.isalnum() for character in text):
        raise UsageError("The task description is empty.", hint=hint)
    return text


def absolute_path(data: Any) -> str | None:
    """Return the text by which a table is found again from any folder; None for one in memory or standard input."""
    return absolute(data)


def store_folder(store: Any) -> str | Path:
    if not isinstance(store, str | Path) or not str(store).strip():
        raise UsageError(f"The store must be a folder. Got {store!r}.", hint=f"The default is {settings.STORE!r}.")
    return store


def column_name(name: Any, what: str) -> Any:
    """Return a column's name as tables have it: text, without blanks around it."""
    if name is None:
        return None
    if not isinstance(name, str | int | float) or not str(name).strip():
        raise UsageError(f"The {what} must be the name of a column. Got {name!r}.", hint="Write it as the table does.")
    return str(name).strip()


def list_of_names(names: Any, what: str) -> tuple[str, ...]:
    if isinstance(names, str):
        return (names.strip(),) if names.strip() else ()
    try:
        listed = tuple(() if names is None else names)
    except TypeError:
        listed = (None,)
    if not all(isinstance(name, str | int | float) for name in listed):
        raise UsageError(f"The {what} must be a list of names. Got {names!r}.", hint='For example ["a", "b"].')
    return tuple(str(name).strip() for name in listed)


def label_text(label: Any) -> str:
    """Return the text of a label: 1.0 is ``1``, True is ``true``."""
    if isinstance(label, bool):
        return "true" if label else "false"
    return str(int(label)) if isinstance(label, float) and label.is_integer() else str(label)


def one_of(value: Any, allowed: tuple[str, ...], what: str) -> Any:
    if value is not None and value not in allowed:
        raise UsageError(f"There is no {what} {value!r}.", hint=_choose(str(value), allowed))
    return value


def _choose(wrong: str, allowed: Sequence[str]) -> str:
    """Return the nearest of what is allowed, and all of it."""
    from difflib import get_close_matches

    near = get_close_matches(wrong.strip().lower(), allowed, 1)
    meant = f"Did you mean {near[0]!r}? " if near else ""
    return f"{meant}Choose from {', '.join(allowed)}."


def metric_name(metric: Any, task_type: Any) -> str | None:
    if metric is None:
        return None
    from planfit.models.metrics import METRICS, find_metric

    if not isinstance(metric, str):
        raise UsageError(f"The metric must be a name. Got {metric!r}.", hint=f"Choose from {', '.join(METRICS)}.")
    return find_metric(metric, task_type).name


def scorer_name(metric: Any) -> str | None:
    """Return the name of a scorer of the user's own; None for the name of a metric.

    Raises
    ------
    UsageError
        It cannot be called as ``scorer(estimator, X, y)``.
    """
    if not callable(metric):
        return None
    import inspect

    try:
        inspect.signature(metric).bind(None, None, None)
    except (TypeError, ValueError):
        raise UsageError(
            "A metric of your own must be a scorer, called as scorer(estimator, X, y).",
            hint="Wrap a function of y_true and y_pred in sklearn.metrics.make_scorer.",
        ) from None
    inner = getattr(metric, "_score_func", metric)
    return str(getattr(inner, "__name__", type(inner).__name__))


def split_text(split: Any) -> str | None:
    if split is None:
        return None
    kind, colon, column = (part.strip() for part in str(split).partition(":"))
    if kind not in SPLITS:
        from difflib import get_close_matches

        near = get_close_matches(kind.lower(), SPLITS, 1)
        meant = f"Did you mean {near[0]!r}? " if near else ""
        raise UsageError(
            f"There is no split {split!r}.", hint=f"{meant}Write random, stratified, time:COLUMN or group:COLUMN."
        )
    if kind in ("time", "group") and not column:
        raise UsageError(f"A {kind} split needs its column.", hint=f"Write {kind}:COLUMN.")
    if kind in ("random", "stratified") and column:
        raise UsageError(f"A {kind} split looks at no column. Got {split!r}.", hint=f"Write {kind}, or group:{column}.")
    return kind + colon + column


def planner_name(planner: Any) -> str:
    name = planner if isinstance(planner, str) else getattr(planner, "name", None)
    if not isinstance(name, str):
        raise UsageError(
            f"The planner must be a name or a planner. Got {planner!r}.", hint='The one that works offline is "expert".'
        )
    return name


def asking_of(
    *,
    base_url: str | None = None,
    knowledge: str | Path | None = None,
    redact: Sequence[str] = (),
    fallback: str | None = None,
    small: bool = False,
    answer_within: float | str | None = None,
    max_calls: int | None = None,
    max_tokens: int | None = None,
    max_cost: float | None = None,
    price: str | None = None,
) -> Asking:
    """Return how a language model is to be asked."""
    url = None
    if base_url is not None:
        from planfit.planners.llm.build import checked_address

        url = checked_address(str(base_url).strip())
    return Asking(
        base_url=url,
        knowledge=knowledge_text(knowledge),
        redact=list_of_names(redact, "redacted columns"),
        fallback=one_of(fallback, ("expert",), "fallback"),
        small=small,
        answer_within=None if answer_within is None else seconds_of(answer_within),
        max_calls=None if max_calls is None else whole_number(max_calls, 0, "number of calls", "For example 8."),
        max_tokens=None
        if max_tokens is None
        else whole_number(max_tokens, 0, "number of tokens", "For example 20000."),
        max_cost=None if max_cost is None else dollars(max_cost),
        prices=None if price is None else prices_of(price),
    )


def knowledge_text(knowledge: str | Path | None) -> str:
    """Return the user's knowledge: a text, or what a file of that name holds."""
    if knowledge is None:
        return ""
    text = str(knowledge)
    path = Path(text).expanduser()
    looks_like_a_file = (
        "\n" not in text and len(text) < 500 and (isinstance(knowledge, Path) or path.suffix in (".md", ".txt"))
    )
    try:
        if (looks_like_a_file or len(text) < 200) and path.is_file():
            return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The knowledge in {text!r} cannot be read: {error}.", hint="Name a text file in UTF-8."
        ) from None
    if looks_like_a_file:
        raise UsageError(
            f"There is no file {text!r} with knowledge.", hint="Name a text file, or write the text itself."
        )
    return text


def dollars(amount: Any) -> float:
    try:
        found = float(amount)
    except (TypeError, ValueError):
        found = -1.0
    if not 0.0 <= found < float("inf"):
        raise UsageError(
            f"The limit of money must be an amount in US dollars. Got {amount!r}.", hint="For example 0.50."
        )
    return found


def prices_of(text: str) -> Prices:
    """Return prices given as ``IN,OUT`` or ``IN,CACHED,OUT``: US dollars for a million tokens.

    >>> prices_of("0.15,0.6").tokens_out
    0.6
    """
    parts = [part.strip() for part in str(text).split(",")]
    try:
        values = [dollars(part) for part in parts]
    except UsageError:
        values = []
    if len(values) not in (2, 3):
        raise UsageError(
            f"The price {text!r} cannot be read.",
            hint="Write IN,OUT or IN,CACHED,OUT in US dollars for a million tokens.",
        )
    cached = values[1] if len(values) == 3 else None
    return Prices(tokens_in=values[0], tokens_cached=cached, tokens_out=values[-1])


def whole_number(number: Any, least: int, what: str, hint: str) -> int:
    if isinstance(number, bool) or not hasattr(number, "__index__") or not least <= int(number) < 2**63:
        raise UsageError(f"The {what} must be a whole number of at least {least}. Got {number!r}.", hint=hint)
    return int(number)


def holdout_text(holdout: str | float | Path) -> str:
    if isinstance(holdout, str) and holdout in ("auto", "none"):
        return holdout
    try:
        share = float(holdout)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        place = parse(holdout) if is_text(holdout) else None  # type: ignore[arg-type]
        if place is None or not place.exists():
            raise UsageError(
                f"The holdout {str(holdout)!r} is neither auto, none, a share nor a file.",
                hint="Give a share such as 0.2, or the path of a table.",
            ) from None
        return str(place)
    if not 0.0 < share < 0.9:
        raise UsageError(
            f"The holdout share must be between 0 and 0.9. Got {share:g}.", hint="For example --holdout 0.2."
        )
    return f"{share:g}"


def limits_of(
    time_limit: float | str | None, memory_limit: int | str | None, candidates: int | None, patience: int
) -> Limits:
    seconds = None if time_limit is None else seconds_of(time_limit)
    if seconds is None and candidates is None:
        seconds = settings.TIME_LIMIT
    if seconds is not None and seconds < settings.SHORTEST_TIME_LIMIT:
        raise UsageError(
            f"The time limit must be at least {settings.SHORTEST_TIME_LIMIT:g} seconds. Got {seconds:g}.",
            hint="Give 30s or more for a useful search.",
        )
    if candidates is not None:
        candidates = whole_number(candidates, 1, "number of candidates", "For example 20.")
    patience = whole_number(patience, 1, "patience", f"The default is {settings.PATIENCE}.")
    memory = free_memory() if memory_limit is None else bytes_of(memory_limit)
    return Limits(
        seconds=seconds,
        candidates=candidates,
        patience=patience,
        memory=memory,
        time_given=time_limit is not None,
        memory_given=memory_limit is not None,
    )


def latency_of(max_latency: float | str | None, deliver: str) -> float | None:
    """Return the latency in milliseconds; it belongs to ``balanced`` and ``balanced`` needs it."""
    if max_latency is None:
        if deliver == "balanced":
            raise UsageError("A balanced delivery needs a latency to keep to.", hint="Add --max-latency, e.g. 5ms.")
        return None
    if deliver != "balanced":
        raise UsageError(f"A {deliver} delivery looks at no latency.", hint="Add --deliver balanced to --max-latency.")
    return milliseconds_of(max_latency)


def free_memory() -> int:
    from planfit.data.memory import available

    return int(settings.MEMORY_SHARE * available())


def cores() -> int:
    import os

    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def family_names(models: Sequence[str]) -> tuple[str, ...]:
    names = tuple(part.strip() for name in models for part in name.split(",") if part.strip())
    for name in names:
        family = known_family(name)
        if not family.installed:
            raise UsageError(
                f"The model family {name!r} needs {family.module}, which is not installed.",
                hint=f"Install it with `pip install 'planfit[{family.extra}]'`.",
            )
    return names


def known_family(name: str) -> Any:
    from difflib import get_close_matches

    from planfit.models.registry import families

    known = families()
    if name not in known:
        near = get_close_matches(name, known, 1)
        raise UsageError(
            f"There is no model family {name!r}.",
            hint=f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(known)}.",
        )
    return known[name]


def reviewed(review: Any) -> tuple[tuple[str, ...], Any]:
    """Return the stages whose plans a person looks at, and who looks where that is a callable."""
    from planfit.records.review import REVIEWED

    if callable(review):
        return getattr(review, "stages", REVIEWED), review
    if review is True:
        return REVIEWED, None
    if review is False or review is None:
        return (), None
    names = list_of_names(review, "stages to review")
    wrong = [name for name in names if name not in REVIEWED]
    if wrong:
        raise UsageError(
            f"The plans of stage {wrong[0]!r} cannot be reviewed.",
            hint=f"Name some of {', '.join(REVIEWED)}, or none for all of them.",
        )
    return tuple(name for name in REVIEWED if name in names), None


def plan_text(plan: Any) -> str:
    """Return the JSON text of a plan that is given as such, as a file's path, a dict or a plan."""
    import json

    if hasattr(plan, "to_json"):
        return json.dumps(plan.to_json())
    if isinstance(plan, Mapping | list):
        try:
            return json.dumps(plan)
        except (TypeError, ValueError, RecursionError) as error:
            raise UsageError(
                f"The plan holds what is not JSON: {error}.", hint="Use texts, numbers and lists."
            ) from None
    if isinstance(plan, str) and plan.lstrip().startswith(("{", "[")):
        return plan
    if not isinstance(plan, str | Path):
        raise UsageError(f"A plan cannot be read from {type(plan).__name__}.", hint="Give a JSON file or a dict.")
    path = Path(plan).expanduser()
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(
            f"The plan {str(plan)!r} cannot be read: {error.strerror or error}.", hint="Name a JSON file."
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"The plan {str(plan)!r} is not UTF-8 text.", hint="Name a JSON file.") from error
    except ValueError as error:  # a NUL in the path
        raise UsageError(f"The plan {str(plan)!r} cannot be read: {error}.", hint="Name a JSON file.") from error


def own_plan(features: str | Path | Mapping[str, Any] | None) -> dict[str, Any] | None:
    if features is None:
        return None
    from planfit.plans import parse

    plan, findings = parse("FeaturePlan", plan_text(features))
    if plan is None:
        raise UsageError(
            "The feature plan is not valid: " + " ".join(finding.sentence() for finding in findings),
            hint="`planfit check PLAN DATA` judges a plan without training.",
        )
    document: dict[str, Any] = plan.to_json()
    return document
