"""What can go wrong, and who acts next.

::

    PlanfitError
      UsageError          a wrong argument, an unreadable table     exit 2, the user corrects
        DataChanged       the table of a run moved or changed       exit 2, the user names the new place
        PlanRefused       a plan of one's own has errors            exit 1, the user mends it
      QuestionAsked       the task is not clear and nobody answers  exit 3, the user decides
      Halted              three failures in one stage               exit 3, the user decides; the next command is printed
      Paused              a plan waits for a person's look          exit 3, the user approves, edits, rejects or stops
      CandidateFailed     crash, NaN, memory, deadline              logged with its cause, next candidate
      BudgetSpent         time, candidates or spend used up         stop, deliver the best
      ProviderError       unreachable, rate-limited                 bounded back-off, then counts as a failure
      NotTrusted          a file that no event of this user names   exit 1, the user decides with --trust
      DamagedRun          a file or an event does not fit its hash  exit 1, the damaged step is named
      RunLocked           another process owns the run              exit 1, the owner is named
"""

from __future__ import annotations

from typing import Any


class PlanfitError(Exception):
    """Base of everything planfit raises on purpose: one sentence on what is wrong, one on what to do.

    Parameters
    ----------
    message : str
        What is wrong, one sentence.
    hint : str or None
        What to do about it, one sentence.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\nhint: {self.hint}"


class UsageError(PlanfitError):
    """A wrong argument or an unreadable table; the user corrects it."""

    exit_code = 2


class DataChanged(UsageError):
    """The table that a run was started on is gone or holds something else now."""


class PlanRefused(UsageError):
    """A feature plan of one's own has findings that refuse it; the user mends it.

    Attributes
    ----------
    findings : tuple
        Everything that was found, warnings too.
    """

    exit_code = 1

    def __init__(self, message: str, *, findings: tuple[Any, ...], hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.findings = findings


class QuestionAsked(PlanfitError):
    """The task could not be settled with enough confidence and nobody is there to answer.

    Attributes
    ----------
    document : dict
        The JSON document of the run with ``status`` ``question``: text, ranked alternatives, commands.
    """

    exit_code = 3

    def __init__(self, message: str, *, document: dict[str, Any], hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.document = document


class Halted(PlanfitError):
    """Three consecutive failures in one stage: a person is needed.

    Attributes
    ----------
    stage : str
        The stage that failed.
    findings : tuple
        The findings of the last attempt.
    """

    exit_code = 3

    def __init__(self, message: str, *, stage: str, findings: tuple[Any, ...] = (), hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.stage = stage
        self.findings = findings


class Paused(PlanfitError):
    """A plan waits for a person's look.

    Attributes
    ----------
    document : dict
        Stage, plan and rationale.
    """

    exit_code = 3

    def __init__(self, message: str, *, document: dict[str, Any], hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.document = document


class CandidateFailed(PlanfitError):
    """A training job ended without a model.

    Attributes
    ----------
    cause : str
        One of ``out_of_memory``, ``timeout``, ``not_finite``, ``crash``, ``exception``, ``cancelled``.
    """

    def __init__(self, message: str, *, cause: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.cause = cause


class BudgetSpent(PlanfitError):
    """A limit of the budget contract is reached; the best so far is delivered."""


class ProviderError(PlanfitError):
    """A planner could not be reached or did not answer.

    Attributes
    ----------
    code : str
        The code of the finding that is made of it.
    calls : tuple
        The calls of a language model that led to it.
    prompt : str
        What it had been asked.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        code: str = "planner-unreachable",
        calls: tuple[Any, ...] = (),
        prompt: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.code = code
        self.calls = calls
        self.prompt = prompt


class NotTrusted(PlanfitError):
    """A file that would run code on loading is not vouched for by this user's key."""


class DamagedRun(PlanfitError):
    """A file or an event of a run does not fit its hash."""


class RunLocked(PlanfitError):
    """Another living process owns the run."""
