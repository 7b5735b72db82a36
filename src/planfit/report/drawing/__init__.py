"""Plots of a run's facts, drawn by matplotlib as SVG that follows the page's colours. The same facts give the same bytes."""
