"""A server that speaks the OpenAI protocol on this machine and answers from a script: the test double of a provider.

It is a real HTTP server: what is tested against it goes through the real client and a real socket.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from planfit.planners.base import PlanKind


@dataclass(frozen=True)
class Reply:
    """One answer of the server.

    Attributes
    ----------
    text : str or None
        Content of the message.
    fault : str or None
        ``reset``: the connection is cut. ``hang``: nothing comes for `seconds`. ``drip``: a byte at a time, without end.
    """

    text: str | None = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    finish_reason: str = "stop"
    refusal: str | None = None
    tool: bool = False
    """The text comes as the arguments of a tool call."""
    usage: Mapping[str, Any] | None = field(default_factory=lambda: {
        "prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15,
    })  # fmt: skip
    raw: bytes | None = None
    """The whole body, in place of a chat completion."""
    fault: str | None = None
    seconds: float = 0.0


Line = Reply | str | Callable[[dict[str, Any]], Any]
"""A reply, the text of one, or a function of the request's body that gives either."""


class ModelServer:
    """Answers chat completions with the next line of a script, then from its beginning.

    Attributes
    ----------
    bodies : list of bytes
        Every request body, as it came.

    Examples
    --------
    >>> with ModelServer(["{}"]) as server:
    ...     server.url.startswith("http://127.0.0.1:")
    True
    """

    def __init__(self, script: Sequence[Line], *, refuses: Sequence[str] = ()) -> None:
        self.script, self.bodies = list(script), list[bytes]()
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.refuses = tuple(refuses)
        """Forms of an answer that it does not take: ``json_schema``, ``json_object``, ``tools``."""
        self._guard, self._at = threading.Lock(), 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The requests, read."""
        return [json.loads(body) for body in self.bodies]

    def __enter__(self) -> ModelServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def reply(self, body: bytes, headers: dict[str, str]) -> Reply:
        """Return what is answered to a request."""
        with self._guard:
            self.bodies.append(body)
            self.headers.append(headers)
            document = json.loads(body)
            unwanted = [word for word in self.refuses if f'"{word}"' in _form(document)]
            if unwanted:
                said = {"error": {"message": f"response_format {unwanted[0]} is not supported"}}
                return Reply(status=400, raw=json.dumps(said).encode())
            line: Any = self.script[self._at % len(self.script)]
            self._at += 1
        line = line(document) if callable(line) else line
        return line if isinstance(line, Reply) else Reply(text=line if isinstance(line, str) else json.dumps(line))


def kind_of(body: dict[str, Any]) -> PlanKind | None:
    """Return the kind of plan that a request asks for, where its form says so."""
    named = body.get("response_format", {}).get("json_schema", {}).get("name")
    for tool in body.get("tools", ()):
        named = tool["function"]["name"]
    found: PlanKind | None = named
    return found


def _form(document: dict[str, Any]) -> str:
    tools = '"tools"' if document.get("tools") else ""
    return json.dumps(document.get("response_format", {}).get("type", "")) + tools


def _completion(reply: Reply) -> bytes:
    message: dict[str, Any] = {"role": "assistant", "content": None if reply.tool else reply.text}
    if reply.refusal is not None:
        message["refusal"] = reply.refusal
    if reply.tool:
        function = {"name": "plan", "arguments": reply.text}
        message["tool_calls"] = [{"id": "1", "type": "function", "function": function}]
    document: dict[str, Any] = {
        "id": "x", "object": "chat.completion", "created": 1, "model": "scripted",
        "choices": [{"index": 0, "finish_reason": reply.finish_reason, "message": message}],
    }  # fmt: skip
    if reply.usage is not None:
        document["usage"] = dict(reply.usage)
    return json.dumps(document).encode("utf-8", "surrogatepass")


def _handler(server: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each answer waits some 40 ms for an acknowledgement

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            self._send(Reply(raw=b'{"object": "list", "data": [{"id": "scripted", "object": "model"}]}'))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            server.paths.append(self.path)
            reply = server.reply(body, {name.lower(): value for name, value in self.headers.items()})
            self.close_connection = reply.fault is not None
            if reply.fault == "hang":
                time.sleep(reply.seconds)
            elif reply.fault == "drip":
                self._drip(reply.seconds)
            elif reply.fault is None:
                self._send(reply)

        def _send(self, reply: Reply) -> None:
            body = reply.raw if reply.raw is not None else _completion(reply)
            self.send_response(reply.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def _drip(self, seconds: float) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                try:
                    self.wfile.write(b" ")
                    self.wfile.flush()
                except OSError:
                    return
                time.sleep(0.05)

    return Handler
