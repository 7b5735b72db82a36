"""planfit: the sentence, and what all systems are told: target, task type, metric, time. All rows train; none are kept aside."""

from __future__ import annotations

import adapter


def fit(job: adapter.Job) -> adapter.Fitted:
    """Run, and predict with the delivered bundle."""
    import planfit

    run = planfit.run(
        job.train,
        job.sentence,
        target=job.target,
        task_type=job.task_type,
        metric=job.metric,
        positive_class=job.positive_class,
        holdout="none",
        time_limit=job.time_limit,
        seed=job.seed,
        store=job.out / "store",
    )
    bundle = run.bundle
    if not job.is_classification:
        return adapter.Fitted(values=bundle.predict)
    return adapter.Fitted(probabilities=bundle.predict_proba, labels=bundle.predict)


if __name__ == "__main__":
    adapter.main(fit, ("planfit", "scikit-learn", "lightgbm"))
