from __future__ import annotations

import json
import os
import threading
from datetime import datetime, timedelta

import pytest

from planfit.errors import DamagedRun, NotTrusted, PlanfitError, RunLocked, UsageError
from planfit.records.events import ClockDecided, RunHalted, RunStarted, StepStarted
from planfit.records.scores import ArtifactRef
from planfit.store.store import Store, new_id


def test_a_run_is_complete_in_itself(finished, store):
    reader = store.open("latest")
    assert [event.no for event in reader.events] == list(range(1, len(reader.events) + 1))
    assert reader.status == "finished"
    assert not reader.resumable
    assert reader.request.sentence == "Predict churn"
    assert json.loads((finished.path / "head.json").read_bytes())["events"] == len(reader.events)
    assert [entry["status"] for entry in json.loads((finished.path / "trace.json").read_bytes())] == ["accepted"] * 4
    assert not finished.scratch.exists()
    report = reader.verify()
    assert (report.ok, report.problems, report.files) == (True, (), 4)


def test_files_are_links_to_objects_and_read_only(finished):
    ref = finished.announced("candidates/c001/folds/0.joblib")
    path = finished.file(ref)
    assert path.samefile(finished.root / "objects" / ref.sha256)
    assert path.stat().st_mode & 0o777 == 0o444
    assert path.read_bytes() == b"model" * 100
    assert finished.vouched(ref)
    assert not finished.vouched(ArtifactRef(path=ref.path, sha256="0" * 64, bytes=1))
    assert finished.announced("nothing") is None


def test_a_clock_that_is_set_back_harms_nothing(begin, store, carry_out, monkeypatch):
    class SetBack(datetime):
        calls = 0

        @classmethod
        def now(cls, tz=None):
            cls.calls += 1
            return datetime.now(tz) - timedelta(days=cls.calls)

    run = begin()
    monkeypatch.setattr("planfit.store.run.datetime", SetBack)
    run.append(StepStarted(key="k", stage="task", name="x"))
    run.close()
    run = store.resume(run.id)
    carry_out(run)
    run.close()
    at = [event.at for event in run.events]
    assert at != sorted(at)
    assert run.status == "finished"
    assert run.verify().ok
    assert run.spent_seconds >= 0
    assert store.open("latest").spent_seconds >= 0


def test_where_links_are_impossible_files_are_copied(failing_disk, tmp_path, request_, environment, carry_out):
    import errno

    class NoLinks(failing_disk):
        def link(self, source, target):
            raise OSError(errno.EPERM, "no links")

    store = Store(tmp_path / "s", disk=NoLinks(-1))
    run = store.create(request_, environment)
    carry_out(run)
    run.close()
    ref = run.announced("candidates/c001/folds/0.joblib")
    assert not run.file(ref).samefile(run.root / "objects" / ref.sha256)
    assert run.verify().ok


def test_a_foreign_file_is_copied_not_moved(begin, tmp_path):
    source = tmp_path / "mine.csv"
    source.write_text("a\n1\n")
    run = begin()
    step = run.record("k", "profiling", "table", {}, {"data.csv": source}, shared=False)
    run.close()
    source.write_text("changed")
    assert run.file(step.files[0]).read_text() == "a\n1\n"


@pytest.mark.parametrize("place", ["/etc/x", "../x", "a/../b", "trace.json", "scratch/x", "lock", "", "a//b", "a\\b"])
def test_no_file_leaves_its_run(begin, place):
    run = begin()
    with pytest.raises(ValueError, match="not a place"):
        run.record("k", "task", "x", {}, {place: b""})
    run.close()


def test_a_step_is_done_once(begin):
    run = begin()
    calls = []

    def work(folder):
        calls.append(folder)
        return {"n": len(calls)}, {}

    first = run.step("k", "task", "x", work)
    assert run.step("k", "task", "x", work) == first
    assert run.outcome("k") == first
    assert len(calls) == 1
    run.close()


def test_another_run_takes_a_shared_step_over(finished, begin, carry_out):
    run = begin()
    carry_out(run)
    run.close()
    profile = run.find("step_finished", name="profile")
    assert profile.reused_from == finished.id
    assert run.find("step_finished", name="candidate c001").reused_from is None
    assert (run.path / "profile.json").samefile(finished.path / "profile.json")
    assert run.verify().ok


def test_a_damaged_shared_step_is_done_again(finished, begin, carry_out):
    path = finished.path / "profile.json"
    path.chmod(0o644)
    path.write_bytes(b'{"rows":4}')
    run = begin()
    carry_out(run)
    run.close()
    assert run.find("step_finished", name="profile").reused_from is None
    assert "profile.json" in run.find("warning_raised").finding.message
    assert run.verify().ok
    assert not finished.verify().ok


def test_a_forged_shared_step_is_ignored(finished, begin, carry_out):
    entry = next((finished.root / "steps").iterdir())
    entry.chmod(0o644)
    entry.write_bytes(entry.read_bytes().replace(b'"rows":3', b'"rows":9'))
    run = begin()
    carry_out(run)
    run.close()
    assert run.find("step_finished", name="profile").result == {"rows": 3}


def test_a_damaged_file_is_found_and_its_step_done_again(finished, store, carry_out):
    path = finished.path / "candidates/c001/folds/0.joblib"
    path.chmod(0o644)
    path.write_bytes(b"muddle" * 100)
    with pytest.raises(DamagedRun, match=r"0\.joblib"):
        store.open("latest").file(finished.announced("candidates/c001/folds/0.joblib"))
    run = store.resume("latest")
    carry_out(run)
    run.close()
    assert path.read_bytes() == b"model" * 100
    assert run.verify().ok
    assert [body.key for body in run.results("candidate")] == ["c" * 64]


def test_a_file_whose_place_was_lost_is_laid_there_again(finished, store):
    (finished.path / "profile.json").unlink()
    run = store.resume("latest")
    key = run.find("step_finished", name="profile").key
    assert run.outcome(key) is not None
    run.close()
    assert run.verify().ok
    assert run.find("warning_raised") is None


def test_a_place_written_anew_keeps_the_older_content_among_the_objects(begin):
    run = begin()
    old = run.record("a", "report", "report", {}, {"report.md": b"one"}, shared=False)
    new = run.record("b", "report", "report", {}, {"report.md": b"two"}, shared=False)
    assert run.file(old.files[0]).read_bytes() == b"one"
    assert run.file(new.files[0]).read_bytes() == b"two"
    assert run.outcome("a") == old
    run.close()
    assert run.verify().ok


def test_once_and_decide_follow_the_log(begin, store):
    run = begin()
    assert run.decide("n", "k", lambda: None) is None
    assert run.decide("n", "k", lambda: 1 / 0) is None
    assert run.decide("other", "k", lambda: 2) == 2
    first = run.once(StepStarted(key="k", stage="task", name="x"))
    assert run.once(StepStarted(key="k", stage="task", name="y")) == first
    run.close()
    again = store.resume("latest")
    assert again.decide("other", "k", lambda: 1 / 0) == 2
    again.close()


def test_the_listener_hears_of_each_event_once_it_is_durable(begin, store):
    heard = []

    def listen(event):
        held = store.open(event.run_id).events
        heard.append((event.no, held[-1] == event))

    run = begin(listener=listen)
    run.append(StepStarted(key="k", stage="task", name="x"))
    run.close()
    assert heard == [(1, True), (2, True)]


def test_threads_may_share_a_writer(begin):
    run = begin()

    def work(name):
        for i in range(10):
            run.record(f"{name}{i}", "task", name, {}, {f"{name}/{i}": b"x"}, shared=False)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run.close()
    assert len(run.events) == 31
    assert run.verify().ok


def test_two_cannot_work_on_one_run(begin, store):
    run = begin()
    assert store.open(run.id).status == "running"
    with pytest.raises(RunLocked, match=f"process {os.getpid()} on"):
        store.resume(run.id)
    assert run.verify().ok
    run.close()
    assert store.open(run.id).status == "failed"
    assert store.open(run.id).resumable
    store.resume(run.id).close()


def test_the_lock_of_a_dead_process_is_no_lock(store, begin):
    run = begin()
    run.close()
    pid = os.fork()
    if pid == 0:
        store.resume(run.id)
        os._exit(0)
    os.waitpid(pid, 0)
    store.resume(run.id).close()
    assert len([1 for event in run.events if event.body.kind == "run_started"]) == 1


def test_resuming_twice_tells_the_time_and_what_differs(begin, store, environment, monkeypatch):
    run = begin()
    run.append(StepStarted(key="k", stage="task", name="x"))
    first = run.spent_seconds
    run.close()
    other = environment.having(libraries={"scikit-learn": "2.0", "polars": "2"})
    again = store.resume(run.id, environment=other)
    resumed = again.find("run_resumed")
    assert resumed.environment_differs == ("polars absent -> 2", "scikit-learn 1.9 -> 2.0")
    assert resumed.spent_seconds == pytest.approx(first, abs=1e-5)
    again.close()
    third = store.resume(run.id)
    assert third.find_last("run_resumed").environment_differs == ()
    third.close()


def test_pauses_are_no_active_time(begin, store):
    run = begin()
    run.close()
    run = store.resume(run.id)
    times = [datetime.fromisoformat(event.at) for event in run.events]
    pause = (times[1] - times[0]).total_seconds()
    assert run.spent_seconds == pytest.approx((times[-1] - times[0]).total_seconds() - pause)
    run.close()
    assert times[1] - times[0] < timedelta(minutes=1)


@pytest.mark.parametrize("status", ["halted", "question", "failed"])
def test_a_run_that_waits_for_a_person_says_so_until_it_goes_on(begin, store, status):
    run = begin()
    run.append(RunHalted(stage="task", status=status, message="Which column?"))
    run.close()
    assert store.open(run.id).status == status
    assert store.open(run.id).resumable
    run = store.resume(run.id)
    assert run.status == "running"
    run.close()


def test_closing_is_final_and_may_be_repeated(begin):
    run = begin()
    run.close()
    run.close()
    with pytest.raises(PlanfitError, match="closed"):
        run.append(StepStarted(key="k", stage="task", name="x"))
    assert len(run.events) == 1


def test_another_users_run_is_read_but_not_resumed(finished, store, monkeypatch, tmp_path):
    monkeypatch.setenv("PLANFIT_HOME", str(tmp_path / "other"))
    reader = store.open("latest")
    assert reader.status == "finished"
    assert not reader.vouched(reader.announced("profile.json"))
    report = reader.verify()
    assert not report.ok
    assert len(report.problems) == 1
    assert not (tmp_path / "other").exists()  # looking makes no key
    with pytest.raises(NotTrusted):
        store.resume("latest")


def test_runs_are_found_by_id_prefix_path_and_latest(begin, store, tmp_path):
    ids = []
    for _ in range(3):
        run = begin()
        run.close()
        ids.append(run.id)
    assert [run.id for run in store.runs()] == ids == sorted(ids)
    assert store.open("latest").id == ids[2]
    assert store.open(ids[0]).id == ids[0]
    assert store.open(ids[1].removeprefix("run_")).id == ids[1]
    assert store.open(run.path).id == ids[2]
    assert Store(tmp_path / "elsewhere").open(str(run.path)).id == ids[2]
    with pytest.raises(UsageError, match="fits 3 runs"):
        store.open("run_")
    with pytest.raises(UsageError) as wrong:
        store.open(ids[0][:-1] + "x")
    assert "Did you mean" in wrong.value.hint
    with pytest.raises(UsageError):
        store.open("")
    with pytest.raises(UsageError, match="no run"):
        Store(tmp_path / "none").open("latest")
    assert not (tmp_path / "none").exists()


def test_ids_sort_by_time_and_are_plain():
    ids = [new_id() for _ in range(50)]
    assert [name[:-1] for name in ids] == sorted(name[:-1] for name in ids)
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-") for name in ids)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to_is_refused(tmp_path, request_, environment):
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(UsageError, match="permission denied"):
        Store(tmp_path / "closed").create(request_, environment)


def test_a_file_in_the_place_of_the_store_is_refused(tmp_path, request_, environment):
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="Runs cannot be kept"):
        Store(tmp_path / "file").create(request_, environment)


def test_a_moved_run_is_read_where_it_is(finished, tmp_path):
    import shutil

    moved = tmp_path / "moved"
    shutil.copytree(finished.path, moved)
    reader = Store(tmp_path / "artifacts").open(moved)
    assert reader.id == finished.id
    assert reader.verify().ok


def test_what_killed_processes_left_is_cleaned(begin, store, carry_out):
    run = begin()
    run.close()
    live = begin()
    live.scratch.mkdir()
    (run.path / "scratch" / "job-1").mkdir(parents=True)
    dead = "-".join(part for part in os.uname().nodename.split("."))
    (store.root / ".tmp").mkdir(exist_ok=True)
    gone, other = store.root / ".tmp" / f".x@{dead}@4194304@ab.tmp", store.root / ".tmp" / ".x@elsewhere@1@ab.tmp"
    gone.touch()
    other.touch()
    never = store.root / ".beginning-run_x"
    never.mkdir()
    os.utime(never, (0, 0))
    store.clean()
    assert live.scratch.exists()
    assert not (run.path / "scratch").exists()
    assert not gone.exists()
    assert other.exists()
    assert not never.exists()
    live.close()


def test_an_event_of_a_later_version_is_refused_with_a_sentence(begin, store, monkeypatch):
    from planfit.store import log

    run = begin()
    body = ClockDecided.model_construct(kind="dream_dreamt", key="k", name="n", value=1)
    sealed = log.seal(2, run.events[0].at, run.id, run.events[0].hash, body)
    run.close()
    with (run.path / "events.jsonl").open("ab") as file:
        file.write(sealed.line + b"\n")
    (run.path / "head.json").write_bytes(log.head_bytes(2, sealed.hash))
    with pytest.raises(DamagedRun, match="does not know"):
        _ = store.open(run.id).events
    assert isinstance(run.events[0].body, RunStarted)


def test_a_clock_that_is_set_back_takes_no_time_away(begin, store, monkeypatch):
    from datetime import UTC, datetime, timedelta

    import planfit.store.run as writing

    run = begin()

    class Back(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(UTC) - timedelta(days=2)

    with monkeypatch.context() as patch:
        patch.setattr(writing, "datetime", Back)
        run.append(StepStarted(key="k", stage="task", name="x"))
    run.close()
    again = store.resume(run.id)
    assert again.spent_seconds >= 0
    assert again.verify().ok
    again.close()
