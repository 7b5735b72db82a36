"""What a person does with runs that are there: stop one, go back in one."""

from __future__ import annotations

from pathlib import Path

from planfit import settings
from planfit.arguments import store_folder
from planfit.runs import Run


def _ref(run: Run | str | Path) -> str | Path:
    return run.path if isinstance(run, Run) else run


def stop(
    run: Run | str | Path = "latest", *, now: bool = False, wait: float = 0.0, store: str | Path = settings.STORE
) -> Run:
    """Ask a run that another process works on to finish with the best so far.

    Parameters
    ----------
    run : Run, str or path, default="latest"
        A run, its id, a unique prefix of one, its path, or ``latest``.
    now : bool, default=False
        Leave at once instead: nothing is delivered, and the run can be resumed.
    wait : float, default=0
        Seconds to wait for its end.
    store : path, default="artifacts"
        Folder that runs are kept in.

    Returns
    -------
    Run
        As it stands then.

    Raises
    ------
    UsageError
        No process works on it.
    """
    from planfit.agent import steering
    from planfit.store.store import Store

    return Run(steering.stop(Store(store_folder(store)), _ref(run), now=now, wait_seconds=wait))


def rollback(run: Run | str | Path, to: str, *, store: str | Path = settings.STORE) -> Run:
    """Go back to an earlier state of a run. Nothing is deleted; the next resume goes on from there.

    What came later is set aside: it is not delivered, and not tried again by itself.

    Parameters
    ----------
    run : Run, str or path
        As for `stop`.
    to : str
        ``"features/v1"``, ``"candidates/c004"``, or the number of an event.
    store : path, default="artifacts"

    Returns
    -------
    Run
        Its status is ``paused``.

    Raises
    ------
    UsageError
        There is no such state.
    RunLocked
        A process works on it.
    """
    from planfit.agent import steering
    from planfit.store.store import Store

    return Run(steering.rollback(Store(store_folder(store)), _ref(run), str(to))[0])
