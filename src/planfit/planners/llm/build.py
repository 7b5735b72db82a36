"""Making a language-model planner of its name: ``openai:gpt-5``, ``compatible:my-model``."""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from typing import Final
from urllib.parse import urlsplit

from planfit.errors import UsageError
from planfit.planners.llm.dialects import DIALECTS, Dialect
from planfit.planners.llm.provider import Provider
from planfit.records.calls import Asking, Privacy

NEEDED: Final = ("openai", "genai_prices", "json_repair")
SLOW_SECONDS: Final = 300.0
"""For one call of a model on a processor of this machine."""
USUAL_SECONDS: Final = 60.0
LONGEST_LOCAL: Final = 1_200
LONGEST_REMOTE: Final = 8_000
"""Tokens of an answer; what a model thinks before it counts with some providers."""


def language_model(name: str, asking: Asking, privacy: Privacy) -> object:
    """Return the planner; nothing is sent by making it.

    Parameters
    ----------
    name : str
        ``PROVIDER:MODEL``.
    asking : Asking
    privacy : "schema", "profile" or "samples"

    Raises
    ------
    UsageError
        What it needs is not installed, the key is not set, or there is no address.
    """
    provider, _, model = name.partition(":")
    dialect = DIALECTS[provider]
    if not model.strip():
        raise UsageError(f"The planner {name!r} names no model.", hint=f"Write {provider}:MODEL.")
    check_installed(name)
    url = address(dialect, asking.base_url)
    local = is_local(url)
    from planfit.planners.expert.expert import Expert
    from planfit.planners.llm.calling import Caller, Money
    from planfit.planners.llm.planner import LanguageModel
    from planfit.planners.llm.sent import Sent

    sent = Sent()
    money = Money(dialect.prices if url == dialect.base_url else None, own=local)
    _priced(name, asking, money.provider, model.strip(), free=local)
    caller = Caller(connection(dialect, model.strip(), url, sent), asking, money)
    return LanguageModel(
        name,
        caller,
        asking,
        privacy,
        Expert(),
        sent=sent,
        local=local,
        max_tokens=LONGEST_LOCAL if local else LONGEST_REMOTE,
        seconds=asking.answer_within or (SLOW_SECONDS if asking.small or provider == "ollama" else USUAL_SECONDS),
    )


def connection(dialect: Dialect, model: str, url: str, sent: object = None) -> Provider:
    """Return the adapter for one model."""
    given = (dialect, model, url, key_of(dialect, url), getattr(sent, "note", None))
    if dialect.native is not None and find_spec(dialect.native) is not None:
        from planfit.planners.llm.anthropic import Anthropic

        return Anthropic(*given)
    from planfit.planners.llm.openai_compatible import OpenAICompatible

    return OpenAICompatible(*given)


def check_installed(name: str) -> None:
    """Raise where the extra is not installed."""
    missing = [module for module in NEEDED if find_spec(module) is None]
    if missing:
        raise UsageError(
            f"The planner {name!r} needs {', '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed.",
            hint="Install it with `pip install 'planfit[llm]'`.",
        )


def address(dialect: Dialect, given: str | None) -> str:
    """Return the server's address: what is given, else what the environment says, else the provider's own."""
    url = given or (os.environ.get(dialect.url_variable, "") if dialect.url_variable else "") or dialect.base_url
    if not url:
        raise UsageError(
            f"The planner {dialect.name}:MODEL needs the address of its server.",
            hint=f"Give --base-url, e.g. http://127.0.0.1:8000/v1, or set {dialect.url_variable}.",
        )
    return checked_address(url)


def checked_address(url: str) -> str:
    """Return an address that can be called and holds no secret.

    >>> checked_address("http://127.0.0.1:8000/v1")
    'http://127.0.0.1:8000/v1'
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"{url!r} is not the address of a server.", hint="Write http://HOST:PORT/v1 or https://...")
    if parts.username or parts.password or re.search(r"(?i)(key|token|secret|password|sig)=", parts.query):
        raise UsageError(
            "The base URL holds a key or password, and what is given there is kept in the record.",
            hint="Leave it out and set the key in the environment, e.g. OPENAI_API_KEY.",
        )
    return url


def key_of(dialect: Dialect, url: str) -> str | None:
    """Return the key from the environment; it is kept nowhere else."""
    for variable in dialect.keys:
        if value := os.environ.get(variable, "").strip():
            return value
    if dialect.needs_key and not is_local(url):
        raise UsageError(
            f"{dialect.keys[0]} is not set, and {dialect.about} wants a key.",
            hint=f"Set it in the environment: export {dialect.keys[0]}=...",
        )
    return None


def is_local(url: str) -> bool:
    """Say whether a server is on this machine.

    >>> is_local("http://localhost:11434/v1"), is_local("https://api.openai.com/v1")
    (True, False)
    """
    return (urlsplit(url).hostname or "") in ("localhost", "127.0.0.1", "::1")


def _priced(name: str, asking: Asking, provider: str | None, model: str, *, free: bool) -> None:
    """Refuse a limit of money where no price is known."""
    if asking.max_cost is None:
        return
    from planfit.planners.llm.prices import cost

    if cost(provider, model, 1_000, None, 1_000, own=asking.prices, free=free) is None:
        raise UsageError(
            f"The price of {name} is not known, so that --max-cost could not be kept.",
            hint="Give it with --price IN,OUT in US dollars for a million tokens, or use --max-tokens.",
        )
