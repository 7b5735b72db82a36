"""A language model at the other end of a real socket; nothing else can be reached."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

pytest.importorskip("openai", reason="the extra planfit[llm] is not installed")

from planfit.planners.expert.expert import Expert
from planfit.planners.llm.build import connection
from planfit.planners.llm.calling import Caller, Money
from planfit.planners.llm.dialects import DIALECTS
from planfit.planners.llm.planner import LanguageModel
from planfit.planners.llm.sent import Sent
from planfit.records.calls import Asking
from planfit.testing.model_server import ModelServer


@pytest.fixture(autouse=True)
def only_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that leaves the machine."""
    connect = socket.socket.connect

    def refused(self: socket.socket, address: Any) -> Any:
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a connection to {address} was tried")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", refused)


class Model:
    """A planner, its server, and the pauses that it made."""

    def __init__(self, server: ModelServer, planner: LanguageModel, pauses: list[float], caller: Caller) -> None:
        self.server, self.planner, self.pauses, self.caller = server, planner, pauses, caller


@pytest.fixture
def model() -> Iterator[Callable[..., Model]]:
    """Make a planner whose model answers from a script."""
    with ExitStack() as stack:

        def make(*script: Any, refuses: tuple[str, ...] = (), dialect: str = "compatible", privacy: Any = "profile",
                 seconds: float = 5.0, **asking: Any) -> Model:  # fmt: skip
            server = stack.enter_context(ModelServer(list(script), refuses=refuses))
            pauses: list[float] = []
            said = Asking(base_url=server.url, **asking)
            sent = Sent()
            provider = connection(DIALECTS[dialect], "scripted", server.url, sent)
            caller = Caller(provider, said, Money(own=True), pause=pauses.append, chance=random.Random(0))
            planner = LanguageModel(
                f"{dialect}:scripted", caller, said, privacy, Expert(), sent=sent, local=True, seconds=seconds
            )
            return Model(server, planner, pauses, caller)

        yield make
