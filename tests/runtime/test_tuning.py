"""The same history gives the same suggestions, inside the space, and none twice."""

from __future__ import annotations

from types import SimpleNamespace

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planfit.models.base import Dimension
from planfit.models.registry import families
from planfit.runtime.tuning import dimensions, grid, suggest

SPACE = {
    "rate": Dimension("float", 0.01, 1.0, log=True),
    "leaves": Dimension("int", 2, 200, log=True),
    "share": Dimension("float", 0.4, 1.0),
    "extra": Dimension("categorical", choices=(False, True)),
}


def plan(method: str, trials: int = 30) -> SimpleNamespace:
    return SimpleNamespace(method=method, trials=trials)


def value_of(params: dict) -> float:
    return -((params["share"] - 0.6) ** 2) - (params["rate"] - 0.1) ** 2 + 0.1 * params["extra"]


def carried_out(method: str, batch: int = 4, trials: int = 24) -> list[tuple[dict, float]]:
    history: list[tuple[dict, float]] = []
    while len(history) < trials:
        found = suggest(plan(method, trials), SPACE, history, batch, 5, True)
        if not found:
            break
        history += [(params, value_of(params)) for params in found]
    return history


def inside(params: dict, space: dict[str, Dimension]) -> bool:
    return list(params) == list(space) and all(
        params[name] in d.choices if d.choices else d.low <= params[name] <= d.high for name, d in space.items()
    )


@pytest.mark.parametrize("method", ["grid", "random", "bayesian"])
def test_suggestions_are_repeatable_new_and_inside(method) -> None:
    history = carried_out(method)
    assert history == carried_out(method)
    assert len(history) == 24
    assert all(inside(params, SPACE) for params, _ in history)
    assert len({tuple(params.items()) for params, _ in history}) == len(history)


@pytest.mark.parametrize("method", ["random", "bayesian"])
def test_a_resumed_study_goes_on_alike(method) -> None:
    history = carried_out(method)
    assert suggest(plan(method), SPACE, history[:12], 4, 5, True) == [params for params, _ in history[12:16]]
    assert suggest(plan(method), SPACE, history[:12], 4, 6, True) != [params for params, _ in history[12:16]]


def test_random_draws_do_not_depend_on_the_batch() -> None:
    assert carried_out("random", batch=1) == carried_out("random", batch=6)


def test_bayesian_search_follows_what_it_saw() -> None:
    late = carried_out("bayesian", trials=48)[24:]
    middle = sorted(value for _, value in late)[len(late) // 2]
    chance = sorted(value for _, value in carried_out("random", trials=48))[24]
    assert middle > chance


def test_direction_matters() -> None:
    history = [(params, value) for params, value in carried_out("random")]
    up, down = (suggest(plan("bayesian"), SPACE, history, 4, 5, greater) for greater in (True, False))
    assert up != down


def test_failed_and_foreign_trials_are_survived() -> None:
    odd = [
        ({"rate": 0.1, "leaves": 31, "share": 0.5, "extra": True}, None),
        ({"rate": 0.1, "leaves": 31, "share": 0.5, "extra": True}, float("nan")),
        ({"rate": 99.0, "leaves": 31, "share": 0.5, "extra": True, "other": 1}, 0.3),
        ({"rate": 0.1}, 0.2),
        ({"rate": 0.1, "leaves": 31, "share": 0.5, "extra": None}, 0.2),
    ]
    for method in ("grid", "random", "bayesian"):
        assert all(inside(params, SPACE) for params in suggest(plan(method), SPACE, odd, 3, 0, True))


def test_a_grid_ends() -> None:
    small = {"a": Dimension("categorical", choices=("x", "y")), "b": Dimension("int", 1, 2)}
    points = grid(small, 50, 0)
    assert len(points) == 4
    done = [(point, 0.0) for point in points[:3]]
    assert suggest(plan("grid", 50), small, done, 10, 0, True) == points[3:]
    assert suggest(plan("grid", 50), small, [(point, 0.0) for point in points], 10, 0, True) == []


def test_small_spaces_run_out_without_trouble() -> None:
    two = {"a": Dimension("categorical", choices=(1, 2))}
    for method in ("random", "bayesian"):
        assert len(suggest(plan(method), two, [({"a": 1}, 0.0), ({"a": 2}, 1.0)], 3, 0, True)) == 3
    assert suggest(plan("random"), {}, [], 3, 0, True) == []


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 200), st.integers(0, 3), st.integers(1, 9))
def test_a_grid_has_as_many_points_as_asked(trials, seed, high) -> None:
    space = {"i": Dimension("int", 1, high), "f": Dimension("float", 1e-3, 1.0, log=True)}
    points = grid(space, trials, seed)
    assert len(points) == trials
    assert all(inside(point, space) for point in points)
    assert points == grid(space, trials, seed)


def test_optuna_is_left_as_it_was() -> None:
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.DEBUG)
    try:
        suggest(plan("bayesian"), SPACE, [], 1, 0, True)
        assert optuna.logging.get_verbosity() == optuna.logging.DEBUG
    finally:
        optuna.logging.set_verbosity(before)


def test_a_stated_space_goes_before_the_family_s_own() -> None:
    own = {"C": Dimension("float", 0.1, 1.0)}
    assert dimensions(None, own) == own
    stated = {"C": {"type": "float", "low": 1.0, "high": 2.0}, "k": {"type": "categorical", "choices": ["a", "b"]}}
    expected = {"C": Dimension("float", 1.0, 2.0), "k": Dimension("categorical", choices=("a", "b"))}
    assert dimensions(stated, own) == expected
    assert dimensions({name: SimpleNamespace(**entry) for name, entry in stated.items()}, own) == expected


def test_every_family_can_be_tuned() -> None:
    from planfit.testing.tables import messy_frame, target_for, task_for

    task = task_for("binary", target_for("binary", messy_frame(40)))
    for family in families().values():
        space = family.space(1000, 20, task)
        for method in ("grid", "random", "bayesian"):
            for params in suggest(plan(method), space, [], 3, 1, True):
                family.Params.model_validate(params)
