"""One LightGBM as anybody would write it down: 300 trees, learning rate 0.05, texts as integer codes. It knows no time limit."""

from __future__ import annotations

from typing import Any

import adapter
import numpy as np
import pandas as pd


def fit(job: adapter.Job) -> adapter.Fitted:
    """Fit on the training rows; levels that they do not hold are -1."""
    import lightgbm

    features = job.features
    codes = {
        name: {level: code for code, level in enumerate(features[name].dropna().unique())}
        for name in features.columns
        if not (pd.api.types.is_numeric_dtype(features[name]) or pd.api.types.is_bool_dtype(features[name]))
    }

    def coded(frame: pd.DataFrame) -> pd.DataFrame:
        columns = [
            frame[name].map(codes[name]).fillna(-1).astype(int) if name in codes else frame[name] for name in frame
        ]
        return pd.concat(columns, axis=1).set_axis([f"f{place}" for place in range(len(columns))], axis=1)

    settings: dict[str, Any] = {
        "n_estimators": 300,
        "learning_rate": 0.05,
        "verbose": -1,
        "n_jobs": job.cores,
        "seed": job.seed,
    }
    if not job.is_classification:
        y = job.y.to_numpy(float)
        model = lightgbm.LGBMRegressor(**settings).fit(coded(features), np.log1p(y) if job.in_logs else y)
        return adapter.Fitted(values=adapter.from_logs(job, lambda frame: model.predict(coded(frame))))
    judge = lightgbm.LGBMClassifier(**settings).fit(coded(features), job.y.to_numpy())
    return adapter.Fitted(
        probabilities=lambda frame: pd.DataFrame(judge.predict_proba(coded(frame)), columns=judge.classes_),
        labels=lambda frame: judge.predict(coded(frame)),
    )


if __name__ == "__main__":
    adapter.main(fit, ("lightgbm", "scikit-learn"))
