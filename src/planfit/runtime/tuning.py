"""What to try next: suggestions from a search space and what was tried, the same for the same history."""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, Protocol

from planfit.models.base import Dimension
from planfit.records.canonical import canonical_json, seed_of

Params = dict[str, Any]
History = Sequence[tuple[Params, float | None]]
"""Parameters and score of each trial so far, in order; None for a trial that failed."""

STARTUP_TRIALS: Final = 8
"""Random trials before the Bayesian sampler models what it saw."""
TRIES_FOR_NEW: Final = 20
"""Draws made to replace a suggestion that was tried before, as happens in small spaces."""


class Plan(Protocol):
    """What is read of a tuning plan."""

    @property
    def method(self) -> str: ...

    @property
    def trials(self) -> int: ...


def suggest(
    plan: Plan, space: dict[str, Dimension], history: History, n: int, seed: int, greater_is_better: bool
) -> list[Params]:
    """Return up to `n` further parameter sets; fewer, or none, where a grid is used up.

    The study is rebuilt from `history` each time, so nothing but the arguments decides: a resumed run gets the
    suggestions that it had before.

    Parameters
    ----------
    plan : TuningPlan
        Its ``method`` (``grid``, ``random`` or ``bayesian``) and, for a grid, its number of ``trials``.
    space : dict of str to Dimension
        What may vary.
    history : sequence of (params, value)
        Trials so far; parameters outside of `space` are ignored, None is a failed trial.
    n : int
        Size of the batch.
    seed : int
        Seed of the study.
    greater_is_better : bool
        Direction of the values.
    """
    if not space or n <= 0:
        return []
    if plan.method == "grid":
        done = {_identity(params, space) for params, _ in history}
        rest = [point for point in grid(space, plan.trials, seed) if _identity(point, space) not in done]
        return rest[:n]
    if plan.method == "random":
        return _random_batch(space, history, n, seed)
    return _bayesian_batch(space, history, n, seed, greater_is_better)


def dimensions(stated: dict[str, Any] | None, family_space: dict[str, Dimension]) -> dict[str, Dimension]:
    """Return the space of a tuning plan: as stated there, or the family's own."""
    if stated is None:
        return dict(family_space)
    space = {}
    for name, entry in stated.items():
        given = dict(entry) if isinstance(entry, dict) else vars(entry)
        fields = {key: value for key, value in given.items() if key in Dimension.__dataclass_fields__}
        space[name] = Dimension(**fields | {"choices": tuple(fields.get("choices") or ())})
    return space


def grid(space: dict[str, Dimension], trials: int, seed: int) -> list[Params]:
    """Return at most `trials` points of the coarsest regular grid that has as many, spread over all of it."""
    per = 2
    sizes = [_size(dimension, per) for dimension in space.values()]
    while math.prod(sizes) < trials:
        per += 1
        finer = [_size(dimension, per) for dimension in space.values()]
        if finer == sizes and per > trials:
            break
        sizes = finer
    total = math.prod(sizes)
    if total <= trials:
        chosen = list(range(total))
    else:
        chosen = random.Random(seed_of(seed, "grid", trials)).sample(range(total), trials)
    levels = [_levels(dimension, per) for dimension in space.values()]
    return [_point(index, tuple(space), levels) for index in chosen]


def _point(index: int, names: tuple[str, ...], levels: list[list[Any]]) -> Params:
    point = {}
    for name, values in zip(reversed(names), reversed(levels), strict=True):
        index, place = divmod(index, len(values))
        point[name] = values[place]
    return {name: point[name] for name in names}


def _size(dimension: Dimension, per: int) -> int:
    return len(_levels(dimension, per))


def _levels(dimension: Dimension, per: int) -> list[Any]:
    """Return `per` values from low to high (all choices of a categorical), each once."""
    if dimension.type == "categorical":
        return list(dimension.choices)
    shares = [place / (per - 1) for place in range(per)]
    return list(dict.fromkeys(_at(dimension, share) for share in shares))


def _at(dimension: Dimension, share: float) -> Any:
    """Return the value at a share of the way from low to high."""
    if dimension.type == "categorical":
        return dimension.choices[min(int(share * len(dimension.choices)), len(dimension.choices) - 1)]
    low, high = float(dimension.low or 0.0), float(dimension.high or 0.0)
    value = math.exp(math.log(low) + share * math.log(high / low)) if dimension.log else low + share * (high - low)
    value = min(max(value, low), high)
    return round(value) if dimension.type == "int" else value


def _draw(space: dict[str, Dimension], *stream: Any) -> Params:
    source = random.Random(seed_of(*stream))
    return {name: _at(dimension, source.random()) for name, dimension in space.items()}


def _random_batch(space: dict[str, Dimension], history: History, n: int, seed: int) -> list[Params]:
    """Return draws numbered by trial, so that the batch size changes nothing."""
    seen = {_identity(params, space) for params, _ in history}
    batch: list[Params] = []
    for number in range(len(history), len(history) + n):
        batch.append(_new(space, seen, _draw(space, seed, "random", number), (seed, "random", number)))
    return batch


def _new(space: dict[str, Dimension], seen: set[bytes], suggestion: Params, stream: tuple[Any, ...]) -> Params:
    """Return `suggestion`, or another draw where it was tried before; remember it."""
    for again in range(TRIES_FOR_NEW):
        if _identity(suggestion, space) not in seen:
            break
        suggestion = _draw(space, *stream, "again", again)
    seen.add(_identity(suggestion, space))
    return suggestion


def _identity(params: Params, space: dict[str, Dimension]) -> bytes:
    return canonical_json({name: params.get(name) for name in space})


def _bayesian_batch(
    space: dict[str, Dimension], history: History, n: int, seed: int, greater_is_better: bool
) -> list[Params]:
    """Ask Optuna's TPE sampler, a study of which is rebuilt with what was tried."""
    with _quiet() as optuna:
        sampler = optuna.samplers.TPESampler(
            seed=seed_of(seed, "bayesian", len(history)), n_startup_trials=STARTUP_TRIALS, multivariate=True,
            constant_liar=True,
        )  # fmt: skip
        study = optuna.create_study(direction="maximize" if greater_is_better else "minimize", sampler=sampler)
        distributions = {name: _distribution(optuna, dimension) for name, dimension in space.items()}
        for params, value in history:
            known = _within(params, space)
            if known is None:
                continue
            study.add_trial(_frozen(optuna, known, distributions, value))
        seen = {_identity(params, space) for params, _ in history}
        batch = []
        for number in range(len(history), len(history) + n):
            asked = study.ask(fixed_distributions=distributions).params
            ordered = {name: asked[name] for name in space}
            batch.append(_new(space, seen, ordered, (seed, "bayesian", number)))
        return batch


def _frozen(optuna: Any, params: Params, distributions: dict[str, Any], value: float | None) -> Any:
    state = optuna.trial.TrialState
    failed = value is None or not math.isfinite(value)
    return optuna.trial.create_trial(
        params=params,
        distributions=distributions,
        value=None if failed else value,
        state=state.FAIL if failed else state.COMPLETE,
    )


def _within(params: Params, space: dict[str, Dimension]) -> Params | None:
    """Return the parameters of `space`, brought inside its bounds; None where one is not given or not a choice."""
    inside = {}
    for name, dimension in space.items():
        value = params.get(name)
        if dimension.type == "categorical":
            if value not in dimension.choices:
                return None
            inside[name] = value
        else:
            if value is None:
                return None
            inside[name] = min(max(value, dimension.low), dimension.high)
    return inside


def _distribution(optuna: Any, dimension: Dimension) -> Any:
    kinds = optuna.distributions
    if dimension.type == "categorical":
        return kinds.CategoricalDistribution(dimension.choices)
    if dimension.type == "int":
        return kinds.IntDistribution(int(dimension.low or 0), int(dimension.high or 0), log=dimension.log)
    return kinds.FloatDistribution(dimension.low, dimension.high, log=dimension.log)


@contextmanager
def _quiet() -> Iterator[Any]:
    """Give Optuna, imported here since it takes a while, without its log lines, and restore the user's setting."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield optuna
    finally:
        optuna.logging.set_verbosity(before)
