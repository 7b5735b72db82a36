"""Constraints in sentences: understood where they are plain, and only there."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planfit.planners.expert.constraints import column_called, wishes
from planfit.planners.expert.languages import in_english, language_of, meanings
from planfit.planners.expert.sentence import read
from planfit.planners.expert.spelling import close_to, distance, mended
from planfit.planners.expert.words import ASKING, STOP, tokens

BOOSTING = ["lightgbm", "xgboost", "catboost", "hist_gradient_boosting"]


@pytest.mark.parametrize(
    ("sentence", "seconds"),
    [
        ("Predict churn, train within 5 minutes", 300),
        ("Predict churn. You have 2 minutes.", 120),
        ("Predict churn in at most 5 minutes", 300),
        ("Predict churn, time limit: 90 seconds", 90),
        ("Predict churn; take no longer than half an hour", 1800),
        ("Predict churn, maximum 1.5 hours", 5400),
        ("Predict churn within 10 min", 600),
        ("Kündigung vorhersagen, höchstens 3 Minuten", 180),
        ("Prédire le prix, au maximum 2 minutes", 120),
        ("Predecir el precio, como máximo 4 minutos", 240),
        ("Will the package arrive within 30 minutes?", None),
        ("Predict whether a bus arrives within 30 minutes", None),
        ("Which customers leave within 3 months", None),
        ("Which patients return within 30 days?", None),
        ("How many minutes does a call last?", None),
        ("Predict the delay in minutes", None),
        ("Forecast demand for the next 2 hours", None),
    ],
)
def test_time_for_training_and_no_other_time(sentence: str, seconds: float | None) -> None:
    assert wishes(sentence).constraints.get("seconds") == seconds


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("Predict x, only linear models", {"families": ["linear"]}),
        ("Predict x using logistic regression", {"families": ["linear"]}),
        ("Predict x, use XGBoost", {"families": ["xgboost"]}),
        ("Predict x with LightGBM or a random forest", {"families": ["lightgbm", "random_forest"]}),
        ("Predict x, use gradient boosting", {"families": BOOSTING}),
        ("Predict x, no neural networks", {"without_families": ["mlp"]}),
        ("Predict x without random forests and neural nets", {"without_families": ["random_forest", "mlp"]}),
        ("x vorhersagen, nur lineare Modelle", {"families": ["linear"]}),
        ("x vorhersagen, keine neuronalen Netze", {"without_families": ["mlp"]}),
        ("Predict x, the model must be explainable", {"simple": True}),
        ("Predict x; it need not be interpretable", {}),
        ("Predict the number of trees in the forest", {}),
        ("Predict the linear feet of lumber", {}),
        ("Predict x, at most 10 candidates", {"max_candidates": 10}),
        ("Predict x, try 3 models", {"max_candidates": 3}),
        ("Predict the number of models sold", {}),
    ],
)
def test_families_and_candidates(sentence: str, found: dict[str, Any]) -> None:
    assert wishes(sentence).constraints == found


NAMES = ["customerID", "age", "pay_rate", "x", "y", "z", "Contract Type", "duration"]


@pytest.mark.parametrize(
    ("sentence", "ignored", "strange"),
    [
        ("Predict price, ignore customer_id", ["customerID"], []),
        ("Predict price without using the age and the pay rate", ["age", "pay_rate"], []),
        ("Predict price without x, y and z", ["x", "y", "z"], []),
        ("Predict price, don't use the duration", ["duration"], []),
        ("Predict price, exclude contract types", ["Contract Type"], []),
        ("Predict price, ignore the weather", [], ["weather"]),
        ("Predict price without delay", [], []),
        ("Preis vorhersagen ohne duration", ["duration"], []),
        ("Prédire le prix sans utiliser age", ["age"], []),
        ("Predict price, ignoring durtion", ["duration"], []),
    ],
)
def test_columns_to_be_left_out(sentence: str, ignored: list[str], strange: list[str]) -> None:
    found = wishes(sentence, NAMES)
    assert (list(found.ignored), list(found.strange)) == (ignored, strange)
    assert len(found.rest) == len(sentence)


@given(st.text(max_size=120))
def test_any_text_can_be_read(text: str) -> None:
    found = wishes(text, NAMES)
    assert set(found.ignored) <= set(NAMES)
    assert len(found.rest) == len(text)
    assert column_called(text, NAMES) in (None, *NAMES)


@given(st.text(alphabet="abcde", max_size=9), st.text(alphabet="abcde", max_size=9))
def test_distances_are_alike_both_ways_and_bounded(left: str, right: str) -> None:
    assert distance(left, right, 2) == distance(right, left, 2) <= 3
    assert (distance(left, right, 2) == 0) == (left == right)


def test_slips_are_mended_only_where_one_word_is_near() -> None:
    assert mended("chrun", ["churn", "price"]) == "churn"
    assert mended("seling", ["selling", "sealing"]) is None
    assert not close_to("cat", "car")
    assert [word.text for word in read("predcit the custmer chrun", ["churn", "customer_id"]).content] == [
        "customer",
        "churn",
    ]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("welche kunden werden kundigen", "de"),
        ("quels clients vont partir", "fr"),
        ("que clientes van a abandonar", "es"),
        ("which passengers die", "en"),
        ("predict the price", "en"),
        ("", "en"),
    ],
)
def test_languages_are_told_apart(text: str, language: str) -> None:
    assert language_of(tokens(text), ASKING | STOP) == language


def test_words_are_put_into_english() -> None:
    assert in_english("Wie viele Fahrrader", "de") == "how many bikes"
    assert in_english("Combien coute une maison", "fr").startswith("how much cost a house")
    assert meanings("kaufpreis") == ("price",)
    assert meanings("price") == ()
