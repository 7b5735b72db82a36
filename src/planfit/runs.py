"""The `Run` object: a run as its record tells it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from planfit.arguments import known_family
from planfit.errors import UsageError
from planfit.records.events import Event
from planfit.records.run import RunRequest, RunSummary

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.pipeline import Pipeline

    from planfit.deploy.bundle import Bundle
    from planfit.report.notebook import Report
    from planfit.store.run import RunReader


def deployed(reader: RunReader, *, trust: bool = False) -> Bundle:
    """Return the bundle that a run delivered.

    Raises
    ------
    UsageError
        The run has none yet.
    """
    from planfit.deploy import bundle

    folder = reader.path / "model"
    if (folder / "metadata.json").is_file() and not reader.stands("model/metadata.json"):
        raise UsageError(
            f"The model of run {reader.id} was delivered before a person went back in it.",
            hint=f"`planfit resume {reader.id}` goes on and delivers anew.",
        )
    if not (folder / "metadata.json").is_file():
        raise UsageError(
            f"Run {reader.id} has no model yet; its status is {reader.status}.",
            hint=f"`planfit resume {reader.id}` goes on with it.",
        )
    return bundle.load(folder, trust=trust)


class Run:
    """A run, as its record tells it. Nothing is loaded before it is asked for."""

    def __init__(self, reader: RunReader) -> None:
        self._reader = reader
        self._bundle: Bundle | None = None

    @property
    def id(self) -> str:
        return self._reader.id

    @property
    def path(self) -> Path:
        return self._reader.path

    @property
    def status(self) -> str:
        return self._reader.status

    @property
    def request(self) -> RunRequest:
        """What was asked for."""
        return self._reader.request

    @property
    def events(self) -> tuple[Event, ...]:
        return self._reader.events

    @property
    def bundle(self) -> Bundle:
        """Everything that is deployed: model, pipeline, schema, metadata."""
        if self._bundle is None:
            self._bundle = deployed(self._reader)
        return self._bundle

    @property
    def model(self) -> Any:
        """The delivered model: raw columns in, predictions out."""
        return self.bundle.model

    @property
    def pipeline(self) -> Pipeline:
        """The scikit-learn Pipeline from raw columns to the delivered estimator's input; for reading and reuse."""
        return self.bundle.pipeline

    def predict(self, data: Any) -> pd.Series:
        """Predict for raw rows.

        Parameters
        ----------
        data : pandas.DataFrame, polars.DataFrame, pyarrow.Table or list of dict, shape (n_rows, n_columns)

        Returns
        -------
        pandas.Series of shape (n_rows,)
            Labels as they stand in the data, or numbers in the target's unit.
        """
        return self.bundle.predict(data)

    def predict_proba(self, data: Any) -> pd.DataFrame:
        """Return probabilities, shape (n_rows, n_classes); columns are the class labels."""
        return self.bundle.predict_proba(data)

    @property
    def leaderboard(self) -> pd.DataFrame:
        """All scored candidates, best first."""
        import pandas as pd

        return pd.DataFrame(self.leaderboard_rows)

    @property
    def leaderboard_rows(self) -> list[dict[str, Any]]:
        """The leaderboard as plain rows."""
        from planfit.trace.leaderboard import rows

        return rows(self._reader)

    def verify(self) -> Any:
        """Check every event, signature and file of the record; changes nothing."""
        return self._reader.verify()

    @property
    def report(self) -> Report:
        """The report as Markdown text; a notebook shows it as the page that ``report.html`` is."""
        from planfit.report.notebook import Report

        written = {path.suffix: path.read_text(encoding="utf-8") for path in self.written_reports()}
        if ".md" not in written:
            raise UsageError(
                f"Run {self.id} has no report yet; its status is {self.status}.",
                hint=f"`planfit resume {self.id}` goes on with it.",
            )
        return Report.of(written[".md"], written.get(".html"))

    def written_reports(self) -> list[Path]:
        """Return the files of the report; none where a person has gone back behind what it tells of."""
        names = [name for name in ("report.html", "report.md") if self._reader.stands(name)]
        return [path for name in names if (path := self.path / name).is_file()]

    def render(self, form: Literal["page", "markdown"] = "page") -> str:
        """Tell the record anew, as it stands now, as a page or as Markdown; works while a run is going."""
        from planfit.report import markdown
        from planfit.report.drawing.plots import drawn, wanted
        from planfit.report.facts import facts_of
        from planfit.report.page import whole

        facts = facts_of(self._reader)
        if form == "markdown":
            return markdown.render(facts)
        plots, _ = drawn(list(wanted(facts)), lambda: False)
        return whole.render(facts, plots)

    @property
    def trace(self) -> list[dict[str, Any]]:
        """The decision record: one entry an answer of the planner or a decision of the runtime."""
        from planfit.trace.decisions import entries

        return [entry.to_json() for entry in entries(self._reader)]

    @property
    def summary(self) -> RunSummary:
        """The run in one document, as ``planfit run --json`` prints it."""
        from planfit.trace.summary import summarise

        return summarise(self._reader)

    def why(self, what: str) -> Any:
        """Return the decisions about a column, an operation, a model or a stage."""
        from planfit.trace.answers import why

        return why(self._reader, what)

    def names_like(self, what: str) -> tuple[str, ...]:
        """Return names in the record that are like one that `why` says nothing about, the likeliest first."""
        from planfit.trace.names import nearest

        return nearest(self._reader, what)

    def why_not(self, family: str) -> Any:
        """Return why a model family was not delivered."""
        from planfit.trace.answers import why_not
        from planfit.trace.compared import family_named

        family = family_named(family)
        if family != "ensemble" and family not in {row["family"] for row in self.leaderboard_rows}:
            known_family(family)
        return why_not(self._reader, family)

    def tried(self, parameter: str | None = None) -> Any:
        """Return every candidate with its parameters, score and seconds."""
        from planfit.trace.answers import tried

        return tried(self._reader, parameter)

    def __repr__(self) -> str:
        summary = self.summary
        score = summary.holdout or summary.cv or {}
        figure = f", {summary.metric} {score['value'] if 'value' in score else score.get('score'):.4g}" if score else ""
        return f"<Run {self.id}: {summary.status}, target {summary.target!r}{figure}>"

    def _repr_html_(self) -> str:
        from planfit.report.notebook import card

        return card(self.summary, self.leaderboard_rows)
