"""How pages look: one set of colours and shapes for light and dark, and the frame that lets nothing in from outside."""

from __future__ import annotations

from html import escape
from typing import Final

from planfit.report.escape import one_line

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""Content that a page may have: its own styles; no script, nothing from elsewhere."""

COLOURS: Final = """
:root { color-scheme: light dark; --ground: #fafaf8; --card: #fff; --text: #1c2024; --faint: #5c6370; --line: #dcdcd6;
  --bar: #4a7fb5; --strong: #2a5d92; --warn: #8a5a00; --warn-ground: #fff6e0; --error: #a3212b; --error-ground: #fdeaea;
  --good: #23744a; --series-1: #2f6fab; --series-2: #c8641f; --series-3: #2f8a5b; --series-4: #8456b0; --series-5: #b23a62;
  --series-6: #7a6a1f; }
@media (prefers-color-scheme: dark) { :root { --ground: #15181b; --card: #1d2125; --text: #e6e6e3; --faint: #9aa0a8;
  --line: #343a40; --bar: #6ea3d8; --strong: #9cc3ea; --warn: #f0c060; --warn-ground: #2d2716; --error: #f49aa0;
  --error-ground: #321a1c; --good: #7fcf9f; --series-1: #6ea8dc; --series-2: #eb9a5b; --series-3: #6cc79a;
  --series-4: #b996e0; --series-5: #ea86a8; --series-6: #cbb95e; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
""".strip()


def document(title: str, style: str, body: str, policy: str = POLICY) -> str:
    """Return a whole page.

    Parameters
    ----------
    title : str
        Text, not markup.
    style : str
        Rules beside the common ones.
    body : str
        Finished markup.
    policy : str
        What the page may load.
    """
    return "\n".join(
        [
            "<!DOCTYPE html>", '<html lang="en">', "<head>", '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">', f"<title>{escape(one_line(title))}</title>",
            f"<style>{COLOURS}\n{style}</style>", "</head>", f"<body>{body}</body>", "</html>", "",
        ]
    )  # fmt: skip
