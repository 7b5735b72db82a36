"""Whatever stands in a file: reading, profiling and admitting it ends well or in a `UsageError`, and in nothing else."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from planfit.agent.admission import admit, admit_classes, admit_target
from planfit.data import readers
from planfit.data.profile import profile_table
from planfit.errors import UsageError
from planfit.planners.base import TaskOptions

ENDINGS = (".csv", ".tsv", ".txt", ".parquet", ".json", ".jsonl", ".csv.gz", ".zip", ".xlsx", "")
DELIMITERS = ",;\t|"
WORDS = ("", "0", "1", "yes", "no", "n/a", "-", "?", "1,5", "1.234,50", "$7", "7 %", "2021-03-04", "31/12/2020", "1e400",
         "inf", "nan", "zürich", "x y z", 'say "hi"', "\x00", "﻿", "00123", "a;b", "a,b", "a\tb", "a|b", " ", "''", '"',
         "20190317", "1h 20m", "Ja", "=1+1", "\u2028", "9" * 400)  # fmt: skip
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1", "cp1252", "utf-32")


def look(content: bytes, ending: str) -> None:
    """Read, profile and admit; then judge each column as a target."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"t{ending}"
        path.write_bytes(content)
        try:
            table = readers.read(path)
            profile = profile_table(table)
            admit(profile, TaskOptions())
        except UsageError as error:
            told(error)
            return
        for name in profile.names[:4]:
            try:
                admit_target(profile, TaskOptions(target=name), name)
                admit_classes(table, name, "multiclass")
            except UsageError as error:
                told(error)


def told(error: UsageError) -> None:
    assert error.message.strip().endswith((".", "?")), error.message
    assert "\n" not in error.message
    assert error.hint


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=400), st.sampled_from(ENDINGS))
@example(b"", ".csv")
@example(b"\xff\xfe", ".csv")
@example(b"\xef\xbb\xbf", ".csv")
@example(b"\x1f\x8b", ".csv.gz")
@example(b"PK\x05\x06" + b"\x00" * 18, ".zip")
@example(b"PAR1", ".parquet")
@example(b"PAR1PAR1", ".parquet")
@example(b'"', ".csv")
@example(b"\r", ".csv")
@example(b"\x00", ".csv")
@example(b"[]", ".json")
@example(b"[1, 2]", ".json")
@example(b"{}", ".jsonl")
@example(b"null\n" * 30, ".jsonl")
def test_random_bytes(content: bytes, ending: str) -> None:
    look(content, ending)


@st.composite
def dialects(draw: st.DrawFn) -> bytes:
    """A table of awkward cells in some dialect, now and then cut off or with lines of another length."""
    width, height = draw(st.integers(1, 5)), draw(st.integers(0, 45))
    words = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=8))
    cell = st.sampled_from(words)
    names = draw(st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=6)), min_size=width, max_size=width))
    rows = draw(st.lists(st.lists(cell, min_size=width, max_size=width), min_size=height, max_size=height))
    for place in draw(st.lists(st.integers(0, max(height - 1, 0)), max_size=2)):
        if place < len(rows):
            rows[place] = rows[place] * 2 if draw(st.booleans()) else rows[place][:-1]
    quote, quoted = draw(st.sampled_from("\"'")), draw(st.sampled_from(["all", "some", "none"]))
    delimiter, end = draw(st.sampled_from(DELIMITERS)), draw(st.sampled_from(["\n", "\r\n", "\r"]))

    def written(text: str) -> str:
        if quoted == "none" or (quoted == "some" and delimiter not in text and quote not in text):
            return text
        return quote + text.replace(quote, quote * 2) + quote

    text = end.join(delimiter.join(map(written, row)) for row in [names, *rows])
    content = text.encode(draw(st.sampled_from(ENCODINGS)), "replace")
    return content[: len(content) - draw(st.integers(0, 9))] if draw(st.booleans()) else content


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(dialects(), st.sampled_from([".csv", ".csv", ".tsv", ".txt"]))
def test_random_dialects(content: bytes, ending: str) -> None:
    look(content, ending)


@pytest.mark.slow
@settings(max_examples=4_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(dialects(), st.binary(max_size=2_000)), st.sampled_from(ENDINGS))
def test_many_more(content: bytes, ending: str) -> None:
    look(content, ending)
