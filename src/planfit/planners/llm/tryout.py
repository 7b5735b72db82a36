"""Trying a language model out: one tiny call for each form of an answer."""

from __future__ import annotations

from collections.abc import Iterator

from planfit.planners.llm import lenient
from planfit.planners.llm.build import address, check_installed, connection
from planfit.planners.llm.calling import judged
from planfit.planners.llm.dialects import DIALECTS
from planfit.planners.llm.provider import CallFailed, Request
from planfit.planners.llm.wire import choice, closed

SECONDS = 60.0


def tried(name: str, base_url: str | None = None) -> Iterator[tuple[str, bool, str]]:
    """Yield, for each form that the provider may take, whether a call with it was answered in that form, and a sentence."""
    provider, _, model = name.partition(":")
    check_installed(name)
    dialect = DIALECTS[provider]
    server = connection(dialect, model, address(dialect, base_url))
    schema = closed({"answer": choice(("yes", "no"))})
    for mode in server.modes:
        request = Request(
            system="Answer with one JSON object and nothing else.",
            user='Is water wet? {"answer": "yes"|"no"}',
            name="Answer",
            schema=schema,
            max_tokens=2_000,
            seconds=SECONDS,
            mode=mode,
        )
        try:
            completion = server.complete(request)
        except CallFailed as failed:
            yield mode, failed.outcome in ("mode_not_supported", "bad_request"), f"{failed.outcome}: {failed.detail}"
            continue
        outcome, detail = judged(completion)
        if outcome != "answered":
            yield mode, False, f"{outcome}: {detail}"
            continue
        found = lenient.read(completion.text)
        held = isinstance(found, dict) and found.get("answer") in ("yes", "no")
        tokens = f"{completion.tokens_in} tokens in, {completion.tokens_out} out"
        yield mode, True, f"{'answered in form' if held else 'answered, but not in the form asked for'} ({tokens})"
