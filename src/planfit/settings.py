"""Every default that has a name. Settings become arguments in ``run.py``; nothing else reads them as globals to be changed."""

from __future__ import annotations

from typing import Final

STORE: Final = "artifacts"
"""Folder of the run store, relative to the working directory."""

SEED: Final = 0
TIME_LIMIT: Final = 600.0
"""Seconds, when neither a time limit nor a number of candidates is given."""
SHORTEST_TIME_LIMIT: Final = 5.0
"""Seconds; a smaller limit is refused, since not even the baseline is certain in it."""
PATIENCE: Final = 10
"""Consecutive candidates without improvement after which the search has converged."""
MAX_ATTEMPTS: Final = 3
"""Consecutive failures in one stage before a person is asked."""
STOP_GRACE: Final = 60.0
"""Seconds that a run may take to deliver once a person has asked it to stop, whatever its own limit."""
HANG_GUARD: Final = 3600.0
"""Seconds after which a job without a deadline counts as hanging. An error, not a decision."""

HOLDOUT_SHARE: Final = 0.2
"""Share of rows kept aside by ``holdout="auto"`` on small tables; see ``data/split.py`` for large ones."""
HOLDOUT_MOST_ROWS: Final = 20_000
HOLDOUT_FEWEST_ROWS: Final = 100
"""Tables with fewer rows than this get no automatic holdout: the score would say nothing."""

MEMORY_SHARE: Final = 0.75
"""Share of the memory that is free at the start which a run may take when no limit is given."""
MOST_COLUMNS: Final = 5_000
"""Width after a feature plan above which the plan is refused."""
SAMPLE_ROWS: Final = 500
"""Rows of the nasty sample that a plan is tried on before it meets the full data."""

BOOTSTRAP_DRAWS: Final = 1_000
CONFIDENCE: Final = 0.95
ENSEMBLE_ROUNDS: Final = 25
EARLY_STOPPING_ROUNDS: Final = 50
PROBE_FOLDS: Final = 3
IMPORTANCE_REPEATS: Final = 3
IMPORTANCE_ROWS: Final = 2_000

QUESTION_CONFIDENCE: Final = 0.5
"""Below this confidence in the target the planner must ask instead of guessing."""

TRAININGS_WHEN_UNLIMITED: Final = 60
"""Scored configurations after which a run without either limit ends all the same."""

CANDIDATES_TO_OVERLAP: Final = 6
"""Candidates left from which some are trained while a language model thinks; fewer would all be spent before it has answered."""
