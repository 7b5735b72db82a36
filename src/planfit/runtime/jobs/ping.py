"""Answering, so that `planfit doctor` knows that workers start here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from planfit.models.base import Deadline
from planfit.records.jobs import PingJob


def run(job: PingJob, folder: Path, deadline: Deadline) -> dict[str, Any]:
    """Return that the worker is there."""
    return {"answer": "here"}
