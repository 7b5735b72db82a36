"""The neural network: trained by one library, applied by none."""

from __future__ import annotations

import pickle
import pickletools
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from planfit.models.base import FitContext
from planfit.models.estimators.mlp import SMALLEST_BATCH, MLPModel
from planfit.models.estimators.mlp_sklearn import SklearnTrainer
from planfit.models.estimators.network import Network, Rows, Shape, Snapshots, mean_loss
from planfit.models.estimators.rounds import Watch
from planfit.models.estimators.squash import BOUND, Squash
from planfit.models.mlp import MLP
from planfit.records.canonical import Record
from planfit.testing import models as checks
from planfit.testing.tables import fitted, matrix_of, messy_frame, target_for, task_for

SETTINGS = {
    "width": 16, "depth": 2, "embedding": 4, "learning_rate": 0.04, "dropout": 0.0, "weight_decay": 0.0, "batch": 32,
    "epochs": 6,
}  # fmt: skip


class WithoutTorch(MLP):
    """The family where PyTorch is missing."""

    def build(self, params: Record, context: FitContext) -> Any:
        return super().build(params, context).set_params(backend="scikit-learn")


def some_rows(loss: str, rows: int = 200) -> Rows:
    source = np.random.default_rng(0)
    numbers = source.normal(size=(rows, 3)).astype(np.float32)
    codes = source.integers(0, 4, (rows, 1))
    values = numbers[:, 0] + codes[:, 0]
    return Rows(numbers, codes, (values > 1.5).astype(int) if loss == "cross_entropy" else values - values.mean())


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Matrices this small gain nothing from threads, and waiting ones take the cores of other tests."""
    with threadpool_limits(1):
        yield


@pytest.mark.parametrize(("loss", "outputs"), [("cross_entropy", 2), ("squared", 1), ("absolute", 1)])
def test_numpy_applies_what_torch_trained(loss: Any, outputs: int) -> None:
    torch = pytest.importorskip("torch")
    from planfit.models.estimators.mlp_torch import TorchTrainer

    rows = some_rows(loss)
    trainer = TorchTrainer(Shape((5,), outputs, loss), SETTINGS, seed=1)
    watch = Watch("it", None, None)
    _, network = trainer.train(rows, None, watch).kept[-1]
    with torch.no_grad():
        theirs = trainer._forward(torch.from_numpy(rows.numbers), torch.from_numpy(rows.codes)).numpy()
    ours = network.of_type(np.float64).forward(rows.numbers, rows.codes)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
    zeros = np.zeros((len(rows.numbers), outputs))
    assert mean_loss(ours, rows, loss) < mean_loss(zeros, rows, loss)


@pytest.mark.parametrize("loss", ["cross_entropy", "squared"])
def test_numpy_applies_what_scikit_learn_trained(loss: Any) -> None:
    rows = some_rows(loss)
    trainer = SklearnTrainer(Shape((5,), 2 if loss == "cross_entropy" else 1, loss), SETTINGS, seed=1)
    _, network = trainer.train(rows, None, Watch("it", None, None)).kept[-1]
    outputs = network.of_type(np.float64).forward(rows.numbers, rows.codes)[:, 0]
    matrix = trainer._matrix(rows)
    if loss == "cross_entropy":
        np.testing.assert_allclose(1 / (1 + np.exp(-outputs)), trainer.model.predict_proba(matrix)[:, 1], atol=1e-5)
    else:
        np.testing.assert_allclose(outputs, trainer.model.predict(matrix), atol=1e-5)


@pytest.mark.parametrize(
    "check",
    [
        checks.check_every_kind_is_accepted, checks.check_single_rows, checks.check_absent_classes,
        checks.check_determinism, checks.check_early_stopping, checks.check_deadline,
        checks.check_deadline_in_the_first_round, checks.check_it_learns,
    ],
    ids=lambda check: check.__name__,
)  # fmt: skip
def test_contract_without_torch(check: checks.Check) -> None:
    check(WithoutTorch())


def test_a_pickled_network_needs_no_library_but_numpy() -> None:
    frame = messy_frame(120)
    y = target_for("multiclass", frame)
    model = fitted(MLP(), frame, y, task_for("multiclass", y)).steps[-1][1]
    named = {str(part) for _, part, _ in pickletools.genops(pickle.dumps(model)) if isinstance(part, str)}
    assert not any(name.startswith("torch.") for name in named)
    assert model.backend_ in ("torch", "scikit-learn")


def test_an_untrained_network_predicts_the_shares() -> None:
    pytest.importorskip("torch")
    frame = messy_frame(120)
    y = target_for("multiclass", frame)
    matrix = matrix_of(fitted(MLP(), frame, y, task_for("multiclass", y), deadline=lambda: True), frame)
    np.testing.assert_allclose(matrix, np.full((120, 3), 1 / 3), atol=1e-6)


class ShortOfMemory(MLPModel):
    """Memory suffices for batches of 64 only."""

    def _trainer(self, shape: Shape) -> Any:
        if self.batch_ > 64:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.")
        return super()._trainer(shape)


def test_batches_are_halved_where_memory_runs_out() -> None:
    frame = messy_frame(120)[["age"]].fillna(0.0)
    model = ShortOfMemory(task_type="regression", batch=256, rounds=2).fit(frame, frame["age"])
    assert model.batch_ == 64
    assert SMALLEST_BATCH <= 64
    with pytest.raises(RuntimeError, match="something else"):
        _Broken(task_type="regression", rounds=2).fit(frame, frame["age"])


class _Broken(MLPModel):
    def _trainer(self, shape: Shape) -> Any:
        raise RuntimeError("something else")


def test_snapshots_are_few_and_the_nearest_is_given() -> None:
    snapshots = Snapshots()
    for epoch in range(1, 101):
        snapshots.keep(epoch, Network([], [], "relu"))
    epochs = [epoch for epoch, _ in snapshots.kept]
    assert epochs[0] == 1
    assert epochs[-1] == 100
    assert len(epochs) < 30
    assert snapshots.nearest(100)[0] == 100
    assert abs(snapshots.nearest(50)[0] - 50) <= 10


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=20))
def test_squashed_numbers_are_bounded_in_order_and_complete(values: list[float]) -> None:
    matrix = np.asarray(values)[:, None]
    out = Squash().fit(matrix).transform(matrix)[:, 0]
    assert np.isfinite(out).all()
    assert (np.abs(out) <= BOUND).all()
    known = ~np.isnan(matrix[:, 0])
    order = np.argsort(matrix[known, 0], kind="stable")
    assert (np.diff(out[known][order]) >= -1e-12).all()


def test_loading_leaves_nothing_for_the_first_fit_to_load() -> None:
    """Else the first fold of a run with a clock pays for it."""
    pytest.importorskip("torch")
    code = (
        "import sys; from planfit.models.registry import family_named; family_named('mlp').load(); import torch; known = set(sys.modules)\n"
        "torch.optim.AdamW([torch.zeros(1, requires_grad=True)]); print(len(set(sys.modules) - known))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["0"]
