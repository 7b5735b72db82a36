"""Rules of the report's page, beside those that all pages share."""

from __future__ import annotations

from typing import Final

STYLE: Final = """
main { overflow-wrap: anywhere; max-width: 1180px; margin: 0 auto; padding: 30px 24px 80px; }
.kicker { color: var(--faint); font-size: 13px; margin: 0 0 6px; overflow-wrap: anywhere; }
h1 { font-size: clamp(1.5rem, 1rem + 2vw, 2.1rem); line-height: 1.22; margin: 0 0 10px; overflow-wrap: anywhere; text-wrap: balance; letter-spacing: -.01em; }
h2 { font-size: 1.3rem; margin: 56px 0 4px; letter-spacing: -.005em; scroll-margin-top: 12px; }
h3 { font-size: 1rem; margin: 24px 0 6px; overflow-wrap: anywhere; }
p { margin: 6px 0; max-width: 78ch; } .lead { font-size: 1.05rem; max-width: 76ch; margin-bottom: 18px; }
.faint { color: var(--faint); } .small { font-size: 13px; } ul, ol { padding-left: 1.2em; margin: 8px 0; max-width: 82ch; } li { margin: 4px 0; }
a { color: var(--strong); text-decoration-thickness: 1px; text-underline-offset: 2px; }
code { font: .88em/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; background: color-mix(in srgb, var(--line) 42%, transparent); border-radius: 4px; padding: .08em .32em; overflow-wrap: anywhere; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 12px 14px; overflow-x: auto; font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; margin: 8px 0; }
pre.plan { white-space: pre-wrap; overflow-wrap: anywhere; max-height: 340px; overflow-y: auto; }
.first { display: grid; grid-template-columns: minmax(0, 1.15fr) minmax(0, 1fr); gap: 14px; align-items: stretch; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px; min-width: 0; }
.card h3 { margin: 0 0 6px; font-size: 12.5px; letter-spacing: .04em; text-transform: uppercase; color: var(--faint); font-weight: 600; }
.wide-card { grid-column: 1 / -1; } .figure { font-size: 3rem; line-height: 1.05; font-weight: 650; letter-spacing: -.02em; font-variant-numeric: tabular-nums; }
.figure small { display: block; font-size: 1rem; line-height: 1.35; font-weight: 500; color: var(--faint); letter-spacing: 0; margin-top: 6px; }
.scale { position: relative; height: 62px; margin: 20px 6px 0; }
.scale .track { position: absolute; top: 14px; left: 0; right: 0; height: 8px; border-radius: 4px; background: var(--line); }
.scale .done { position: absolute; top: 14px; left: 0; height: 8px; border-radius: 4px; background: var(--series-1); opacity: .35; }
.scale .span { position: absolute; top: 9px; height: 18px; border-radius: 4px; background: var(--series-1); opacity: .45; min-width: 4px; }
.scale .mark { position: absolute; top: 5px; width: 4px; height: 26px; margin-left: -2px; border-radius: 2px; background: var(--series-1); }
.scale .left, .scale .right { position: absolute; top: 34px; font-size: 12.5px; color: var(--faint); line-height: 1.3; max-width: 48%; } .scale .right { right: 0; text-align: right; }
.beware { list-style: none; padding: 0; margin: 4px 0 0; max-width: none; display: grid; gap: 7px; }
.beware li { border-left: 3px solid var(--warn); padding: 1px 0 1px 11px; margin: 0; overflow-wrap: anywhere; } .beware .none { border-color: var(--good); }
nav { margin: 22px 0 0; font-size: 13.5px; display: flex; flex-wrap: wrap; gap: 4px 16px; } nav a { text-decoration: none; } nav a:hover { text-decoration: underline; }
.wide { overflow-x: auto; margin: 10px 0; } table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-weight: 600; font-size: 12.5px; color: var(--faint); padding: 4px 14px 6px 0; border-bottom: 1px solid var(--line); vertical-align: bottom; white-space: nowrap; }
td code { overflow-wrap: break-word; } td { padding: 6px 14px 6px 0; border-bottom: 1px solid color-mix(in srgb, var(--line) 60%, transparent); vertical-align: top; overflow-wrap: break-word; }
th.n, td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; } th:last-child, td:last-child { padding-right: 0; }
tr.chosen td { background: color-mix(in srgb, var(--series-2) 9%, transparent); }
.bar { display: inline-block; vertical-align: middle; width: 100%; min-width: 70px; height: 9px; border-radius: 3px; background: color-mix(in srgb, var(--line) 55%, transparent); overflow: hidden; }
.bar > span { display: block; height: 100%; background: var(--series-1); border-radius: 3px; } td.bars { width: 34%; min-width: 90px; vertical-align: middle; }
.strip { display: block; width: 170px; height: 20px; } .strip line { stroke: var(--line); } .strip circle { fill: var(--series-1); fill-opacity: .5; } .strip .mean { fill-opacity: 1; }
.chosen .strip circle { fill: var(--series-2); } .gain line { stroke: var(--faint); } .gain .zero { stroke: var(--text); } .gain circle { fill: var(--series-1); fill-opacity: 1; }
.tag { display: inline-block; font-size: 12px; line-height: 1.5; padding: 0 8px; border-radius: 9px; border: 1px solid var(--line); color: var(--faint); white-space: nowrap; }
.tag.good { color: var(--good); border-color: currentColor; } .tag.bad { color: var(--error); border-color: currentColor; } .tag.chosen { color: var(--series-2); border-color: currentColor; }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(330px, 1fr)); gap: 14px; margin: 12px 0; }
.plots.two { grid-template-columns: repeat(auto-fill, minmax(400px, 1fr)); max-width: 920px; }
figure { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px 12px; min-width: 0; }
figure.full { grid-column: 1 / -1; } figure svg { display: block; width: 100%; height: auto; } figcaption { font-size: 13px; color: var(--faint); margin-top: 6px; } figcaption b { color: var(--text); display: block; font-size: 14.5px; margin-bottom: 1px; overflow-wrap: anywhere; }
.matrix td, .matrix th { text-align: center; padding: 7px 8px; border: 1px solid var(--line); font-variant-numeric: tabular-nums; } .matrix table { width: auto; } .matrix td { min-width: 74px; } .matrix th { white-space: normal; max-width: 130px; overflow-wrap: anywhere; vertical-align: middle; } .matrix small { display: block; opacity: .8; }
.story { list-style: none; padding: 0; max-width: 92ch; border-left: 2px solid var(--line); margin-left: 5px; } .story li { position: relative; padding: 0 0 14px 20px; margin: 0; }
.story li::before { content: ""; position: absolute; left: -7px; top: 6px; width: 12px; height: 12px; border-radius: 50%; background: var(--series-1); border: 2px solid var(--ground); }
.story li.rejected::before, .story li.failed::before { background: var(--error); } .story li.rolled_back::before { background: var(--warn); } .story li.runtime::before { background: var(--faint); }
.story .head { font-size: 12.5px; color: var(--faint); } .story .why { color: var(--faint); overflow-wrap: anywhere; } .story p { margin: 1px 0; max-width: none; overflow-wrap: anywhere; }
details { margin: 6px 0; } summary { cursor: pointer; color: var(--strong); } .entry { border-top: 1px solid var(--line); padding: 10px 0; scroll-margin-top: 12px; } .entry:target { background: var(--warn-ground); }
.stack { display: flex; height: 22px; border-radius: 6px; overflow: hidden; margin: 12px 0 6px; } .stack span { min-width: 2px; border-right: 1px solid var(--card); }
.dot { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-right: 7px; } .half { max-width: 640px; }
.columns { columns: 2 340px; column-gap: 30px; } .foot { margin-top: 60px; border-top: 1px solid var(--line); padding-top: 12px; }
@media (max-width: 720px) { main { padding: 18px 14px 60px; } .first { grid-template-columns: minmax(0, 1fr); } .extra { display: none; } h2 { margin-top: 42px; }
  .figure { font-size: 2.5rem; } .plots, .plots.two { grid-template-columns: minmax(0, 1fr); } figure { padding: 10px 10px 9px; } .strip { width: 110px; } td, th { padding-right: 10px; } th { white-space: normal; } }
@media print { body { background: #fff; } .card, figure { break-inside: avoid; } nav { display: none; } }
""".strip()
