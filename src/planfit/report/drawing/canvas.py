"""A sheet to draw on, and the SVG that comes of it: no script, no reference, no colour of its own.

Colours are roles (`INK`, `FIRST`, ...), each a near-black that nothing else uses; in the SVG they become CSS variables,
so that one drawing reads in light and in dark.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final

from planfit.report.escape import one_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, FAINT, LINE, GROUND = "#010001", "#010002", "#010003", "#010004"
SERIES: Final = ("#010011", "#010012", "#010013", "#010014", "#010015", "#010016")
FIRST, SECOND, THIRD = SERIES[:3]
VARIABLES: Final = {INK: "--text", FAINT: "--faint", LINE: "--line", GROUND: "--card",
                    **{colour: f"--series-{place}" for place, colour in enumerate(SERIES, 1)}}  # fmt: skip
LIGHT: Final = {
    "--text": "#1c2024", "--faint": "#5c6370", "--line": "#dcdcd6", "--card": "#ffffff", "--series-1": "#2f6fab",
    "--series-2": "#c8641f", "--series-3": "#2f8a5b", "--series-4": "#8456b0", "--series-5": "#b23a62",
    "--series-6": "#7a6a1f",
}  # fmt: skip
DARK: Final = {
    "--text": "#e6e6e3", "--faint": "#9aa0a8", "--line": "#3a4147", "--card": "#1d2125", "--series-1": "#6ea8dc",
    "--series-2": "#eb9a5b", "--series-3": "#6cc79a", "--series-4": "#b996e0", "--series-5": "#ea86a8",
    "--series-6": "#cbb95e",
}  # fmt: skip
FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
WIDTH, HEIGHT = 312.0, 226.0
"""Of a plot, in points."""
LONGEST: Final = 26
"""Characters of a name in a plot."""
_STYLE: Final[dict[str, Any]] = {
    "svg.fonttype": "none", "text.parse_math": False, "font.family": ["DejaVu Sans"], "font.size": 10,
    "axes.edgecolor": LINE, "axes.labelcolor": FAINT, "axes.labelsize": 10, "axes.titlesize": 10,
    "axes.titlecolor": INK, "axes.linewidth": 0.8, "axes.spines.top": False, "axes.spines.right": False,
    "axes.unicode_minus": True, "xtick.color": FAINT, "ytick.color": FAINT, "xtick.labelsize": 9.5, "ytick.labelsize": 9.5,
    "xtick.major.size": 0, "ytick.major.size": 0, "xtick.minor.size": 0, "ytick.minor.size": 0, "xtick.major.pad": 4,
    "axes.grid": True, "axes.axisbelow": True, "grid.color": LINE, "grid.linewidth": 0.6, "legend.frameon": False,
    "legend.fontsize": 9.5, "legend.labelcolor": INK, "lines.linewidth": 2.0, "lines.solid_capstyle": "round",
    "path.simplify": False, "axes.prop_cycle": None,
}  # fmt: skip


@dataclass(frozen=True)
class Plot:
    """A drawn plot."""

    name: str
    """Of its file, e.g. ``roc``."""
    title: str
    caption: str
    """What a reader should take from it."""
    svg: str
    """To stand in a page that defines the variables."""

    def alone(self) -> str:
        """Return the SVG as a file of its own, in light and dark."""
        rules = [f"svg {{ {_rules(LIGHT)} font-family: {FONT}; }}"]
        rules.append(f"@media (prefers-color-scheme: dark) {{ svg {{ {_rules(DARK)} background: var(--card); }} }}")
        head, rest = self.svg.split(">", 1)
        return f'{head} xmlns="http://www.w3.org/2000/svg">\n<style>{" ".join(rules)}</style>{rest}\n'


def draw(
    name: str,
    title: str,
    caption: str,
    paint: Callable[[Axes], None],
    *,
    margins: tuple[float, float, float, float] = (44, 10, 40, 10),
    width: float = WIDTH,
    height: float = HEIGHT,
) -> Plot:
    """Draw a plot.

    Parameters
    ----------
    name, title, caption : str
        See `Plot`. The title is not drawn; it is the name that a screen reader reads.
    paint : callable
        Draws on the axes.
    margins : tuple of float
        Points left, right, below and above the axes.
    width, height : float
        Points.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    settings = {key: value for key, value in _STYLE.items() if value is not None} | {"svg.hashsalt": name}
    with mpl.rc_context(settings), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a glyph that this font lacks: the reader's browser has others
        figure = Figure(figsize=(width / 72, height / 72))
        figure.patch.set_visible(False)
        left, right, below, above = margins
        axes = figure.add_axes(
            (left / width, below / height, (width - left - right) / width, (height - below - above) / height)
        )
        axes.patch.set_visible(False)
        paint(axes)
        target = io.StringIO()
        FigureCanvasSVG(figure).print_svg(
            target, metadata={"Date": None, "Creator": None, "Type": None, "Format": None}
        )
    return Plot(name, title, caption, cleaned(target.getvalue(), f"{title}. {caption}"))


def short(name: object, longest: int = LONGEST) -> str:
    """Return a name as it may stand in a plot."""
    plain = one_line(name)
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


def cleaned(svg: str, label: str) -> str:
    """Return what may stand in a page: no metadata, no style sheet, no ids but those that are used, roles as variables."""
    body = svg[svg.index("<svg") :]
    size = re.search(r'viewBox="([^"]+)"', body)
    inside = body[body.index(">") + 1 : body.rindex("</svg>")]
    inside = re.sub(r"<metadata>.*?</metadata>|<defs>\s*<style.*?</style>\s*</defs>", "", inside, flags=re.DOTALL)
    inside = re.sub(r'<g id="[^"]*"', "<g", inside)
    inside = inside.replace("xlink:href=", "href=")
    inside = re.sub(r"font-family: [^;\"]+", "font-family: inherit", inside)
    inside = re.sub(r'\b(d|x|y|transform)="([^"]*)"', _rounded, inside)
    inside = re.sub(r"\n\s*", "\n", inside).strip()
    for colour, variable in VARIABLES.items():
        inside = inside.replace(colour, f"var({variable})")
    box = size[1] if size else f"0 0 {WIDTH:g} {HEIGHT:g}"
    return f'<svg viewBox="{box}" role="img" aria-label="{escape(label)}">{inside}</svg>'


def _rounded(found: re.Match[str]) -> str:
    values = re.sub(r"-?\d+\.\d+", lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), found[2])
    return f'{found[1]}="{values}"'.replace("\n", " ")


def _rules(colours: dict[str, str]) -> str:
    return " ".join(f"{name}: {value};" for name, value in colours.items())
