"""AutoGluon with one of its presets: ``autogluon:best``, ``autogluon:best_v150``, ``autogluon:medium``; without a GPU."""

from __future__ import annotations

import contextlib

import adapter
import numpy as np
import pandas as pd

METRICS = {
    "log_loss": "log_loss", "accuracy": "accuracy", "balanced_accuracy": "balanced_accuracy", "f1": "f1", "f1_macro": "f1_macro",
    "mcc": "mcc", "average_precision": "average_precision", "rmse": "root_mean_squared_error", "rmsle": "root_mean_squared_error",
    "mae": "mean_absolute_error", "mape": "mean_absolute_percentage_error", "r2": "r2",
}  # fmt: skip


def fit(job: adapter.Job) -> adapter.Fitted:
    """Fit with the preset, and keep the models in memory for predicting, as a service would."""
    from autogluon.tabular import TabularPredictor

    area = {"roc_auc": "roc_auc" if job.task_type == "binary" else "roc_auc_ovr"}
    train = job.train
    if job.in_logs:
        train = train.assign(**{job.target: np.log1p(train[job.target].astype(float))})
    predictor = TabularPredictor(
        label=job.target,
        problem_type=job.task_type,
        eval_metric=adapter.told(job.metric, METRICS | area),
        path=str(job.out / "autogluon"),
        **({"positive_class": job.positive_class} if job.task_type == "binary" else {}),
    )
    predictor.fit(train, presets=job.variant or "best", time_limit=job.time_limit, num_gpus=0)
    print(predictor.leaderboard().to_string())
    with contextlib.suppress(Exception):  # not all fit into memory: then they are read for every prediction
        predictor.persist()

    def probabilities(frame: pd.DataFrame) -> pd.DataFrame:
        return predictor.predict_proba(frame, as_pandas=True)

    if not job.is_classification:
        return adapter.Fitted(values=adapter.from_logs(job, lambda frame: predictor.predict(frame).to_numpy()))
    return adapter.Fitted(probabilities=probabilities, labels=predictor.predict)


if __name__ == "__main__":
    adapter.main(fit, ("autogluon.tabular", "torch", "lightgbm", "catboost"))
