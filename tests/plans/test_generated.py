"""What is generated from the code is current, and every code is in the catalogue."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import planfit
from planfit.models.meanings import MEANINGS
from planfit.models.registry import families
from planfit.operations.registry import operations
from planfit.plans.catalogue import families_text, family_rows, operation_rows, operations_text
from planfit.plans.codes import CODES
from planfit.plans.details import family_details
from planfit.plans.feature_checks import CHECKS as FEATURE_CHECKS
from planfit.plans.schemas import texts, write
from planfit.plans.validate_models import CHECKS as MODEL_CHECKS
from planfit.plans.validate_models import TUNING_CHECKS
from planfit.plans.validate_task import CHECKS as TASK_CHECKS

PACKAGE = Path(planfit.__file__).parent
DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", list(texts()))
def test_the_docs_are_current(name):
    path = DOCS / name
    assert path.read_text(encoding="utf-8") == texts()[name], "run `python -m planfit.plans.schemas`"


def test_writing_the_docs(tmp_path):
    written = write(tmp_path)
    assert sorted(path.name for path in written) == sorted(name.split("/")[-1] for name in texts())


def test_every_code_in_use_is_in_the_catalogue():
    used = set()
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        used |= set(re.findall(r"\bcode=\"([a-z-]+)\"", text))
        used |= set(re.findall(r"(?:\bfinding|\.tell|\bProblem|\bFinding)\(\s*\"([a-z-]+)\"", text))
    assert "unknown-column" in used
    assert used - set(CODES) == set()


def test_every_check_says_what_it_looks_at():
    for check in (*FEATURE_CHECKS, *TASK_CHECKS, *MODEL_CHECKS, *TUNING_CHECKS):
        assert check.says.endswith(".")
        assert check.codes


def test_the_catalogue_as_text_has_one_line_an_entry():
    lines = operations_text().splitlines()
    assert [line.split("(")[0] for line in lines] == list(operations())
    assert operations_text(["ratio"]).startswith("ratio() takes exactly 2 numeric, adds: ")
    assert "degree: a whole number from 2 to 3 = 2" in operations_text(["polynomial_features"])
    lines = families_text().splitlines()
    assert [line.split("(")[0] for line in lines] == list(families())


@pytest.mark.parametrize("name", list(families()))
def test_every_hyperparameter_says_what_it_means(name):
    entry = family_details(name)
    for one in entry.parameters:
        assert one.description, one.name
        assert one.default not in (None, "null", "none"), one.name


def test_no_meaning_is_left_over():
    names = {f"{name}.{one.name}" for name in families() for one in family_details(name).parameters}
    known = {name.split(".")[1] for name in names} | names
    assert set(MEANINGS) - known == set()


def test_rows_for_people_agree_in_their_headings():
    for rows in (operation_rows(), family_rows()):
        assert len({tuple(row) for row in rows}) == 1
        assert all(isinstance(value, str) for row in rows for value in row.values())
    assert {row["installed"] for row in family_rows()} == {"yes"}
