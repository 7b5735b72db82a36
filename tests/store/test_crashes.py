"""Crashed on purpose: killed between any two writes, refused by the disk at any write, cut anywhere."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest

from planfit import signing
from planfit.errors import DamagedRun, PlanfitError
from planfit.records.events import StepStarted
from planfit.store import log
from planfit.store.files import hash_file
from planfit.store.store import BEGINNING, Store


@pytest.fixture
def tmp_path(tmp_path):
    """A folder in memory where there is one: these tests bring thousands of small files to the disk."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


@pytest.fixture
def expected(tmp_path, request_, environment, carry_out, essence, failing_disk):
    """What an undisturbed run gives, and how many calls to the disk it takes."""
    disk = failing_disk(-1)
    run = Store(tmp_path / "undisturbed", disk=disk).create(request_, environment)
    carry_out(run)
    run.close()
    return essence(run.path), disk.calls


def finish(store, request_, environment, carry_out):
    """Do what a person would: resume what is there, else begin anew."""
    run = store.resume("latest") if store.runs() else store.create(request_, environment)
    carry_out(run)
    run.close()
    return run


def no_leftovers(store):
    names = [path.name for path in store.root.rglob("*")]
    return not [name for name in names if name.endswith(".tmp") and name != ".tmp"]


def test_killed_between_any_two_writes_and_resumed(
    tmp_path, request_, environment, carry_out, essence, failing_disk, expected
):
    wanted, calls = expected
    assert calls > 60
    for n in range(1, calls + 1):
        root = tmp_path / f"killed-{n}"
        pid = os.fork()
        if pid == 0:
            carry_out(Store(root, disk=failing_disk(n, kill=True)).create(request_, environment))
            os._exit(0)
        assert os.WTERMSIG(os.waitpid(pid, 0)[1]) == signal.SIGKILL, n
        store = Store(root)
        for reader in store.runs():
            assert reader.status in ("failed", "finished")  # finished: the last event is in the log
            assert not [p for p in reader.verify().problems if not _is_leftover(p)], n
        run = finish(store, request_, environment, carry_out)
        assert essence(run.path) == wanted, n
        assert run.verify().problems == (), n
        for path in root.glob(f"{BEGINNING}*"):  # left alone for a minute: its lock may be about to be taken
            os.utime(path, (0, 0))
        store.clean()
        assert list(root.glob(f"{BEGINNING}*")) == []
        assert no_leftovers(store), n


def _is_leftover(problem: str) -> bool:
    return any(part in problem for part in ("leftover", "no event announces it", "never finished"))


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO], ids=["ENOSPC", "EIO"])
@pytest.mark.parametrize("for_good", [False, True], ids=["once", "for good"])
def test_a_full_disk_at_any_write(
    tmp_path, request_, environment, carry_out, essence, failing_disk, expected, for_good, code
):
    wanted, calls = expected
    for n in range(1, calls + 1):
        store = refused_by(
            failing_disk(n, for_good=for_good, code=code), tmp_path / f"{n}", request_, environment, carry_out
        )
        if not for_good:
            assert no_leftovers(store), n
        assert essence(finish(store, request_, environment, carry_out).path) == wanted, n


def refused_by(disk, root, request_, environment, carry_out):
    """Carry the run out on a disk that refuses it: one sentence, a hint, and a store whose every file is whole."""
    run = None
    with pytest.raises(PlanfitError) as refused:  # noqa: PT012
        run = Store(root, disk=disk).create(request_, environment)
        carry_out(run)
    assert "\n" not in refused.value.message
    assert refused.value.hint
    if run is not None:
        run.close()
    store = Store(root)
    for reader in store.runs():
        assert reader.events[0].body.kind == "run_started"
        whole = [p for p in reader.verify().problems if not _is_leftover(p) and not p.startswith("trace.json")]
        assert whole == [], whole
    for path in (root / "objects").glob("*"):
        assert hash_file(path)[0] == path.name, "a half-written file stands under its final name"
    return store


@pytest.mark.parametrize("how", ["told", "silent", "nothing"])
def test_a_short_write_at_any_write(tmp_path, request_, environment, carry_out, essence, short_disk, expected, how):
    """Of one write only a part arrives, and the system says so, says nothing of it, or takes nothing at all."""
    wanted, _ = expected
    counted = short_disk(-1, how)
    carry_out(run := Store(tmp_path / "counted", disk=counted).create(request_, environment))
    run.close()
    assert counted.writes > 20
    for n in range(1, counted.writes + 1):
        root, disk = tmp_path / f"{how}-{n}", short_disk(n, how)
        if how == "told":  # what is left of it is written after it: nothing is lost
            carry_out(run := Store(root, disk=disk).create(request_, environment))
            run.close()
            assert essence(run.path) == wanted, n
            assert run.verify().ok, n
            continue
        store = refused_by(disk, root, request_, environment, carry_out)
        assert no_leftovers(store), n
        run = finish(store, request_, environment, carry_out)
        assert essence(run.path) == wanted, n
        assert run.verify().ok, n


def test_after_a_failure_a_process_writes_no_more(begin, failing_disk):
    run = begin()
    run._disk = run._file._disk = disk = failing_disk(1)
    with pytest.raises(PlanfitError, match="no space left"):
        run.append(StepStarted(key="k", stage="task", name="x"))
    assert disk.calls > 1  # the half line was cut off
    with pytest.raises(PlanfitError, match="no space left"):
        run.append(StepStarted(key="k", stage="task", name="x"))
    run.close()
    assert run.verify().ok


def test_a_tail_torn_at_any_byte_is_mended(finished, store, carry_out, essence, tmp_path):
    wanted = essence(finished.path)
    path = finished.path / log.EVENTS
    whole = path.read_bytes()
    before = log.read(finished.path).sealed[-2]
    last = whole.rstrip(b"\n").rindex(b"\n") + 1
    head, trace = (finished.path / log.HEAD).read_bytes(), (finished.path / "trace.json").read_bytes()
    for cut in range(last, len(whole)):
        # As a kill leaves it: the head is that of the event before, what is derived too.
        path.write_bytes(whole[:cut])
        (finished.path / log.HEAD).write_bytes(log.head_bytes(before.no, before.hash))
        run = store.resume("latest")
        repaired = run.find("log_repaired")
        assert (repaired.bytes_cut if repaired else 0) == cut - last
        carry_out(run)
        run.close()
        assert run.verify().ok
        assert essence(run.path) == wanted
        path.write_bytes(whole)
        (finished.path / log.HEAD).write_bytes(head)
        (finished.path / "trace.json").write_bytes(trace)


def test_a_torn_line_that_was_acknowledged_is_done_again(finished, store, carry_out):
    path = finished.path / log.EVENTS
    path.write_bytes(path.read_bytes()[:-20])
    assert not finished.verify().ok
    run = store.resume("latest")
    carry_out(run)
    run.close()
    assert run.status == "finished"
    assert run.verify().ok


def test_rubbish_behind_the_log_is_cut_off(finished, store):
    with (finished.path / log.EVENTS).open("ab") as file:
        file.write(b"\0" * 50 + b"\n")
    assert store.open("latest").status == "finished"
    run = store.resume("latest")
    assert run.find("log_repaired").bytes_cut == 51
    run.close()
    assert run.verify().ok


@pytest.mark.parametrize("lost", [1, 2, 5])
def test_a_cut_off_tail_is_seen(finished, store, lost):
    path = finished.path / log.EVENTS
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-lost]))
    assert "cut off" in finished.verify().problems[0]
    with pytest.raises(DamagedRun, match="cut off"):
        store.resume("latest")


def test_any_flipped_byte_of_any_file_is_named(finished):
    for file in sorted(path for path in finished.path.rglob("*") if path.is_file() and path.name != "lock"):
        raw = file.read_bytes()
        file.chmod(0o644)
        step = max(1, len(raw) // 40)
        for i in {*range(0, len(raw), step), 0, len(raw) - 1, len(raw) - 2}:
            file.write_bytes(raw[:i] + bytes([raw[i] ^ 1]) + raw[i + 1 :])
            report = finished.verify()
            assert any(problem.startswith(file.relative_to(finished.path).as_posix()) for problem in report.problems), (
                file.name,
                i,
                report.problems,
            )
        file.write_bytes(raw)
    assert finished.verify().ok


@pytest.mark.parametrize(
    "name", ["head.json", "trace.json", "events.jsonl", "profile.json", "candidates/c001/candidate.json"]
)
def test_a_lost_file_is_named(finished, name):
    (finished.path / name).unlink()
    if name == "events.jsonl":
        with pytest.raises(PlanfitError, match=r"cannot be read"):
            finished.verify()
    else:
        assert any(problem.startswith(name) for problem in finished.verify().problems)


def test_a_file_that_no_event_announces_is_named(finished):
    (finished.path / "candidates" / "extra.joblib").write_bytes(b"x")
    (finished.path / "link").symlink_to("/etc/passwd")
    assert {problem.split(":")[0] for problem in finished.verify().problems} == {"candidates/extra.joblib", "link"}


def test_a_changed_event_is_named_and_nothing_behind_it_believed(finished, store):
    path = finished.path / log.EVENTS
    path.write_bytes(path.read_bytes().replace(b'"value":2.5', b'"value":9.5'))
    no = next(event.no for event in finished.events if event.body.kind == "clock_decided")
    assert f"event {no} " in finished.verify().problems[0]
    with pytest.raises(DamagedRun, match=f"Event {no} "):
        _ = store.open("latest").events
    with pytest.raises(DamagedRun, match=f"Event {no} "):
        store.resume("latest")


def test_a_rewritten_log_lacks_the_signature(finished, store, monkeypatch, tmp_path):
    """Whoever has not the key can make the hashes fit, not the signatures."""
    events = finished.events
    home = os.environ["PLANFIT_HOME"]
    monkeypatch.setenv("PLANFIT_HOME", str(tmp_path / "intruder"))
    before, lines = events[2].hash, [one.line for one in log.read(finished.path).sealed[:3]]
    for event in events[3:]:
        made = log.seal(event.no, event.at, event.run_id, before, event.body)
        before = made.hash
        lines.append(made.line)
    (finished.path / log.EVENTS).write_bytes(b"\n".join([*lines, b""]))
    (finished.path / log.HEAD).write_bytes(log.head_bytes(len(lines), before))
    monkeypatch.setenv("PLANFIT_HOME", home)
    problems = finished.verify().problems
    assert len(problems) >= len(events) - 3
    assert "event 4 " in problems[0]
    with pytest.raises(DamagedRun, match="signature"):
        store.resume("latest")


def test_a_damaged_prompt_does_not_stand_in_the_way(finished, store):
    path = next((finished.path / "prompts").iterdir())
    path.chmod(0o644)
    path.write_bytes(b"forged")
    store.resume("latest").close()
    assert any(problem.startswith("prompts/") for problem in finished.verify().problems)


def test_processes_that_make_the_key_at_once_agree(tmp_path):
    program = "import sys; sys.stdin.readline(); from planfit import signing; print(signing.sign('a'))"
    env = {**os.environ, "PLANFIT_HOME": str(tmp_path / "new" / "home")}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, text=True
        )
        for _ in range(6)
    ]
    for process in started:
        process.stdin.write("go\n")
        process.stdin.flush()
    assert len({process.communicate()[0] for process in started}) == 1
    assert [path.name for path in (tmp_path / "new" / "home").iterdir()] == ["key"]
    assert (tmp_path / "new" / "home" / "key").stat().st_mode & 0o777 == 0o600


def test_the_key_lies_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.delenv("PLANFIT_HOME")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert not signing.verify("a", "b")
    assert not signing.key_path().exists()
    mark = signing.sign("a")
    assert signing.key_path() == tmp_path / "planfit" / "key"
    assert signing.verify("a", mark)
    assert not signing.verify("b", mark)
    assert not signing.verify("a", mark[:-1] + "\u20ac")


def test_a_damaged_key_is_refused_with_a_hint(monkeypatch, tmp_path):
    monkeypatch.setenv("PLANFIT_HOME", str(tmp_path))
    (tmp_path / "key").write_text("short")
    with pytest.raises(PlanfitError, match="damaged"):
        signing.sign("a")
    monkeypatch.setenv("PLANFIT_HOME", str(tmp_path / "key" / "below"))
    with pytest.raises(PlanfitError, match="cannot be read or made") as wrong:
        signing.sign("a")
    assert "PLANFIT_HOME" in wrong.value.hint


def test_the_store_loads_none_of_the_heavy(tmp_path):
    program = textwrap.dedent("""
        import sys, planfit.store.store, planfit.trace.answers
        heavy = {"pandas", "sklearn", "polars", "numpy", "lightgbm", "filelock", "psutil"} & set(sys.modules)
        assert not heavy, heavy
    """)
    subprocess.run([sys.executable, "-c", program], check=True)


def test_two_processes_do_not_mix_their_events(begin, store):
    run = begin()
    run.close()
    won = 0
    pids = []
    for _ in range(4):
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                taken = store.resume(run.id)
                for i in range(20):
                    taken.append(StepStarted(key=str(i), stage="task", name="x"))
                taken.close()
                code = 0
            except PlanfitError:
                code = 3
            finally:
                os._exit(code)
        pids.append(pid)
    for pid in pids:
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        assert code in (0, 3)
        won += code == 0
    reader = store.open(run.id)
    assert won >= 1
    assert len(reader.events) == 1 + 21 * won
    assert reader.verify().ok
