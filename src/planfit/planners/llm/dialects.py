"""The servers that speak the OpenAI protocol, and how each differs. A table to be read; nothing is imported by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from planfit.records.calls import Mode


@dataclass(frozen=True)
class Dialect:
    """One provider's way of speaking the protocol."""

    name: str
    base_url: str | None
    """Where it is; None: the user says so."""
    keys: tuple[str, ...]
    """Environment variables that may hold the key, the first that is set counts."""
    needs_key: bool = True
    modes: tuple[Mode, ...] = ("json_schema", "json_object", "text")
    """What it may take, best first; what it does take is found out."""
    prices: str | None = None
    """Its name in the price list; None: unknown there."""
    free: bool = False
    """Runs on the user's own machine."""
    max_tokens: str = "max_tokens"
    """How it calls the longest answer."""
    extra: tuple[tuple[str, Any], ...] = ()
    """Further fields of the body."""
    url_variable: str | None = None
    """Environment variable that names another address."""
    native: str | None = None
    """Package of a client of its own, which is used where it is installed."""
    about: str = ""


DIALECTS: Final[dict[str, Dialect]] = {
    dialect.name: dialect
    for dialect in (
        Dialect(
            "openai",
            "https://api.openai.com/v1",
            ("OPENAI_API_KEY",),
            prices="openai",
            max_tokens="max_completion_tokens",
            about="OpenAI",
        ),
        Dialect(
            "anthropic",
            "https://api.anthropic.com/v1/",
            ("ANTHROPIC_API_KEY",),
            # its OpenAI endpoint passes response_format over; tools are taken
            modes=("tool", "text"),
            prices="anthropic",
            native="anthropic",
            about="Anthropic",
        ),
        Dialect(
            "gemini",
            "https://generativelanguage.googleapis.com/v1beta/openai/",
            ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
            prices="google",
            about="Google Gemini, by its OpenAI-compatible endpoint",
        ),
        Dialect(
            "openrouter",
            "https://openrouter.ai/api/v1",
            ("OPENROUTER_API_KEY",),
            prices="openrouter",
            # else a backend that knows no response_format may be chosen, and answers in prose
            extra=(("provider", {"require_parameters": True}),),
            about="OpenRouter",
        ),
        Dialect(
            "ollama",
            "http://127.0.0.1:11434/v1",
            ("OLLAMA_API_KEY",),
            needs_key=False,
            free=True,
            url_variable="OLLAMA_BASE_URL",
            about="Ollama on this machine",
        ),
        Dialect(
            "compatible",
            None,
            ("OPENAI_API_KEY",),
            needs_key=False,
            url_variable="OPENAI_BASE_URL",
            about="any server that speaks the OpenAI protocol: vLLM, LM Studio, llama.cpp, ...",
        ),
    )
}
