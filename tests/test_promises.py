"""Each promise about runs names tests that are there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "promises.md"
LINK = re.compile(r"\[`(tests/[\w/]+\.py)::(\w+)`\]\(\.\./(tests/[\w/]+\.py)\)")


def test_every_promise_is_linked_to_a_test_that_exists():
    text = PAGE.read_text(encoding="utf-8")
    promises = re.split(r"^- ", text, flags=re.MULTILINE)[1:]
    assert len(promises) > 12
    for promise in promises:
        links = LINK.findall(promise)
        assert links, promise
        for path, name, target in links:
            assert path == target
            tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
            assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, (path, name)
