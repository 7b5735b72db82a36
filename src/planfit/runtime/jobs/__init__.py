"""What a worker process can do, one module a kind of job; each has ``run(job, folder, deadline) -> dict``."""

from __future__ import annotations

from typing import Final

JOBS: Final[dict[str, str]] = {
    "ping": "planfit.runtime.jobs.ping:run",
    "fit": "planfit.runtime.jobs.fit:run",
    "features": "planfit.runtime.jobs.features:run",
    "screen": "planfit.runtime.jobs.screen:run",
    "evaluate": "planfit.runtime.jobs.evaluate:run",
    "refit": "planfit.runtime.jobs.refit:run",
    "bundle": "planfit.runtime.jobs.bundle:run",
    "latency": "planfit.runtime.jobs.bundle:measure",
}
"""Kind of job to ``module:function``, loaded in the worker."""
