"""mljar-supervised in the mode that is made for scores, Compete; ``mljar:Perform`` and ``mljar:Explain`` are its others.

For more than two classes it knows F1 averaged over rows only, and no area under the ROC curve: it is told the nearest it has.
"""

from __future__ import annotations

import adapter
import numpy as np
import pandas as pd

METRICS = {
    "log_loss": "logloss", "accuracy": "accuracy", "f1": "f1", "f1_macro": "f1",
    "average_precision": "average_precision", "rmse": "rmse", "rmsle": "rmse", "mae": "mae", "mape": "mape", "r2": "r2",
}  # fmt: skip
TASKS = {"binary": "binary_classification", "multiclass": "multiclass_classification", "regression": "regression"}


def fit(job: adapter.Job) -> adapter.Fitted:
    """Fit in the mode, everything it writes going into the job's folder."""
    from supervised.automl import AutoML

    area = {"roc_auc": "auc" if job.task_type == "binary" else "logloss"}
    search = AutoML(
        results_path=str(job.out / "mljar"),
        total_time_limit=int(job.time_limit),
        mode=job.variant or "Compete",
        ml_task=TASKS[job.task_type],
        eval_metric=adapter.told(job.metric, METRICS | area),
        n_jobs=job.cores,
        random_state=job.seed,
    )
    search.fit(job.features, np.log1p(job.y.astype(float)) if job.in_logs else job.y)
    print(search.get_leaderboard().to_string())
    if not job.is_classification:
        return adapter.Fitted(values=adapter.from_logs(job, search.predict))

    def probabilities(frame: pd.DataFrame) -> pd.DataFrame:
        found = search.predict_all(frame).drop(columns="label")
        return found.set_axis([name.removeprefix("prediction_") for name in found.columns], axis=1)

    return adapter.Fitted(probabilities=probabilities, labels=search.predict)


if __name__ == "__main__":
    adapter.main(fit, ("mljar-supervised", "scikit-learn", "lightgbm"))
