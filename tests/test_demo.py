"""The table that ships with planfit."""

from __future__ import annotations

import csv
import os
from pathlib import Path

from planfit.demo import SENTENCE, table_path


def test_the_table_is_whole_and_kept_for_resuming():
    with table_path() as path, path.open(newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == 7_044
    assert rows[0][-1] == "Churn"
    assert len({len(row) for row in rows}) == 1
    assert "churn" in SENTENCE
    assert path.is_file()
    assert path.is_relative_to(os.environ["XDG_CACHE_HOME"])


def test_a_damaged_copy_is_written_anew():
    with table_path() as path:
        content = path.read_bytes()
    path.write_bytes(content[:1000])
    with table_path() as again:
        assert again.read_bytes() == content


def test_a_home_that_cannot_be_written_does_not_matter(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with table_path() as path:
        assert path.stat().st_size > 500_000
    assert not Path(path).exists()
