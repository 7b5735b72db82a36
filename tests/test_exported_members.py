"""The face is a list."""

from __future__ import annotations

import inspect

import pytest

import planfit


def test_the_face_is_this_list():
    assert planfit.__all__ == [
        "BudgetSpent", "CandidateFailed", "DamagedRun", "DataChanged", "FeaturePlan", "Halted", "NotTrusted",
        "PlanfitError", "ProviderError", "QuestionAsked", "Run", "RunLocked", "UsageError", "__version__", "apply", "check",
        "compile", "deliver", "diff", "load", "mend", "open_run", "profile", "resume", "run",
    ]  # fmt: skip
    assert dir(planfit) == planfit.__all__


@pytest.mark.parametrize("name", [name for name in planfit.__all__ if name != "__version__"])
def test_every_name_is_there_and_documented(name):
    assert inspect.getdoc(getattr(planfit, name))


def test_other_names_are_not():
    with pytest.raises(AttributeError, match="no attribute 'runn'"):
        planfit.runn  # noqa: B018


def test_every_error_says_its_exit_code():
    errors = [getattr(planfit, name) for name in planfit.__all__ if isinstance(getattr(planfit, name), type)]
    codes = {error.__name__: error.exit_code for error in errors if issubclass(error, planfit.PlanfitError)}
    assert codes.pop("UsageError") == codes.pop("DataChanged") == 2
    assert codes.pop("Halted") == codes.pop("QuestionAsked") == 3
    assert set(codes.values()) == {1}


@pytest.mark.parametrize(
    "name", ["run", "profile", "resume", "deliver", "load", "check", "compile", "apply", "mend", "diff"]
)
def test_every_argument_is_described(name):
    function = getattr(planfit, name)
    text = inspect.getdoc(function)
    assert all(parameter in text for parameter in inspect.signature(function).parameters)
