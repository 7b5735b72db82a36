"""The text that a language model would be sent for each kind of plan, built from the ask alone."""

from planfit.planners.prompts.compose import Reference, prompt_for

__all__ = ["Reference", "prompt_for"]
