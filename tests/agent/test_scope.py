"""What planfit does not do is refused by name; sentences that only sound like it are not."""

from __future__ import annotations

import pytest

from planfit.agent.scope import refuse_what_is_not_done
from planfit.errors import UsageError


@pytest.mark.parametrize(
    ("sentence", "named"),
    [
        ("Forecast sales for the next 12 weeks", "Forecasting several steps"),
        ("Predict demand 7 days ahead", "Forecasting several steps"),
        ("Umsatz für die nächsten 3 Monate vorhersagen", "Forecasting several steps"),
        ("Prévoir les ventes des 3 prochains mois", "Forecasting several steps"),
        ("Predecir las ventas de los próximos 7 días", "Forecasting several steps"),
        ("Cluster the customers", "Clustering"),
        ("Please segment our customers", "Clustering"),
        ("Find groups of similar customers", "Clustering"),
        ("customer segmentation", "Clustering"),
        ("Segmentiere die Kunden", "Clustering"),
        ("Segmenter les clients", "Clustering"),
        ("Agrupar los clientes", "Clustering"),
        ("Classify the images", "Images"),
        ("Transcribe audio", "Images"),
        ("Erkenne die Bilder", "Images"),
        ("Join the two tables and predict churn", "Joining"),
        ("Recommend products to users", "recommendations"),
        ("Recomienda películas a los usuarios", "recommendations"),
        ("Summarize the reviews", "text"),
        ("Übersetze die Texte", "text"),
    ],
)
def test_what_is_not_done_is_named(sentence: str, named: str) -> None:
    with pytest.raises(UsageError, match=named) as caught:
        refuse_what_is_not_done(sentence)
    assert caught.value.hint


@pytest.mark.parametrize(
    "sentence",
    [
        "Predict which customers leave within the next 3 months",
        "Which customers will churn in the next 30 days?",
        "Predict default in the next 2 months",
        "Forecast the sales of the next week",
        "Predict the cluster of a customer",
        "Predict the customer segment",
        "Will the customer join the club?",
        "Predict whether they recommend the product",
        "Is the image size large?",
        "Classify image features",
        "Predict the length of the description",
        "How many days ahead is the booking?",
        "Predict the recommended retail price",
    ],
)
def test_what_only_sounds_like_it_passes(sentence: str) -> None:
    refuse_what_is_not_done(sentence)
