import pytest

from planfit.amounts import bytes_of, seconds_of, spoken_seconds
from planfit.errors import UsageError


@pytest.mark.parametrize(
    ("written", "seconds"), [("30", 30), ("30s", 30), ("5m", 300), ("1h30m", 5400), (" 2 min ", 120), (7.5, 7.5)]
)
def test_times_as_people_write_them(written, seconds):
    assert seconds_of(written) == seconds


@pytest.mark.parametrize("written", ["", "soon", "5x", "5m!", "m5", "--3s"])
def test_a_time_that_is_not_understood_says_how_to_write_it(written):
    with pytest.raises(UsageError, match="not understood") as caught:
        seconds_of(written)
    assert "5m" in caught.value.hint


@pytest.mark.parametrize(
    ("written", "amount"), [("4GB", 4 * 10**9), ("800 MB", 8 * 10**8), ("1GiB", 2**30), (10**9, 10**9)]
)
def test_memory_as_people_write_it(written, amount):
    assert bytes_of(written) == amount


def test_memory_in_which_nothing_starts_is_refused():
    with pytest.raises(UsageError, match="at least 300 MB"):
        bytes_of("20MB")


def test_durations_are_spoken():
    assert [spoken_seconds(s) for s in (0.04, 59.94, 61, 3600)] == ["0.0 s", "59.9 s", "1 min 1 s", "1 h 0 min"]
