from __future__ import annotations

import hashlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planfit.records.canonical import canonical_json
from planfit.records.events import ClockDecided, StepFinished
from planfit.store import log

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def sealed(no=1, value=1, before=log.FIRST):
    return log.seal(no, "2026-01-01T00:00:00.000000Z", "run_a", before, ClockDecided(key="k", name="n", value=value))


@settings(max_examples=200, deadline=None)
@given(values)
def test_a_line_is_the_canonical_json_of_its_event_and_comes_back_equal(value):
    made = sealed(value=value)
    event = log.unseal(made.line).event()
    assert canonical_json(event) == made.line
    assert event.body.value == value
    rest = event.model_dump(mode="json", exclude={"hash", "signature"})
    assert hashlib.sha256(canonical_json(rest)).hexdigest() == event.hash
    assert made.signed


def test_every_flipped_byte_of_a_line_is_seen():
    made = sealed(value={"text": "a\u00e4"})
    for i in range(len(made.line)):
        for bit in (1, 128):
            changed = bytearray(made.line)
            changed[i] ^= bit
            found = log.unseal(bytes(changed))
            assert found is None or not found.signed, (i, bit)


def test_a_line_may_not_carry_its_tail_in_its_body():
    made = sealed(value='","hash":"' + "0" * 64 + '","no":1')
    assert log.unseal(made.line) == made


def test_numbers_that_are_no_json_become_null(begin):
    run = begin()
    assert run.append(ClockDecided(key="k", name="n", value=float("nan"))).body.value is None
    assert run.decide("m", "k", lambda: (1, 2)) == [1, 2]  # as the log holds it, also the first time
    run.close()


def test_a_lone_surrogate_survives(begin):
    run = begin()
    run.append(StepFinished(key="k", stage="task", name="x", result={"text": "a\udc80"}))
    run.close()
    assert run.find("step_finished", key="k").result == {"text": "a\udc80"}
    assert run.verify().ok


def test_ten_thousand_events_are_read_in_the_time_of_ten_times_a_thousand(tmp_path):
    """The processor's time, not the clock's; the best of three, for what else runs on the machine costs both."""
    few, many = (_reading(tmp_path / str(count), count) for count in (1_000, 10_000))
    assert many < 30 * few


def _reading(folder, count):
    before, lines = log.FIRST, []
    for no in range(1, count + 1):
        made = sealed(no, no, before)
        before = made.hash
        lines.append(made.line)
    folder.mkdir()
    (folder / log.EVENTS).write_bytes(b"\n".join([*lines, b""]))
    (folder / log.HEAD).write_bytes(log.head_bytes(count, before))
    took = []
    for _ in range(3):
        start = time.process_time()
        text = log.read(folder)
        events = [one.event() for one in text.sealed]
        took.append(time.process_time() - start)
    assert len(events) == count
    assert text.broken is None
    return min(took)


@pytest.mark.parametrize("change", ["swap", "drop", "repeat", "foreign"])
def test_the_chain_holds_events_in_place(tmp_path, change):
    before, lines = log.FIRST, []
    for no in range(1, 7):
        made = sealed(no, no, before)
        before = made.hash
        lines.append(made.line)
    if change == "swap":
        lines[2], lines[3] = lines[3], lines[2]
    elif change == "drop":
        del lines[2]
    elif change == "repeat":
        lines.insert(3, lines[2])
    else:
        body = ClockDecided(key="k", name="n", value=0)
        lines[2] = log.seal(3, "2026-01-01T00:00:00.000000Z", "run_b", log.unseal(lines[1]).hash, body).line
    (tmp_path / log.EVENTS).write_bytes(b"\n".join([*lines, b""]))
    assert log.read(tmp_path).broken in (3, 4)
