"""FLAML's AutoML; ``flaml:ensemble`` adds its stacking."""

from __future__ import annotations

import adapter
import numpy as np
import pandas as pd

METRICS = {
    "log_loss": "log_loss", "accuracy": "accuracy", "f1": "f1", "f1_macro": "macro_f1", "average_precision": "ap",
    "rmse": "rmse", "rmsle": "rmse", "mae": "mae", "mape": "mape", "r2": "r2",
}  # fmt: skip


def fit(job: adapter.Job) -> adapter.Fitted:
    """Search for as long as the limit allows, and refit the best on all rows."""
    from flaml import AutoML

    area = {"roc_auc": "roc_auc" if job.task_type == "binary" else "roc_auc_ovr"}
    search = AutoML()
    search.fit(
        X_train=job.features,
        y_train=np.log1p(job.y.astype(float)) if job.in_logs else job.y,
        task="classification" if job.is_classification else "regression",
        metric=adapter.told(job.metric, METRICS | area),
        time_budget=job.time_limit,
        ensemble=job.variant == "ensemble",
        n_jobs=job.cores,
        seed=job.seed,
    )
    print(search.best_estimator, search.best_config)
    if not job.is_classification:
        return adapter.Fitted(values=adapter.from_logs(job, search.predict))
    return adapter.Fitted(
        probabilities=lambda frame: pd.DataFrame(search.predict_proba(frame), columns=search.classes_),
        labels=search.predict,
    )


if __name__ == "__main__":
    adapter.main(fit, ("flaml", "scikit-learn", "lightgbm", "catboost"))
