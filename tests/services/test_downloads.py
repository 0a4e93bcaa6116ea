"""The download queue against a real hub worker and a hub on loopback that fails in every way there is."""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from slmdesk.core.errors import DownloadError, NeedsApproval, NeedsToken, NotAtSource
from slmdesk.core.network import NetworkState
from slmdesk.core.remote import Download, DownloadState, SearchQuery
from slmdesk.core.remote_groups import plan_of
from slmdesk.desk import Desk
from slmdesk.services.hub import Hub
from tests.hub_server import HubServer, hub_server

NAME = "model-Q4_K_M.gguf"
REF = "hf:owner/model"


def blob(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    with hub_server() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        yield server


@pytest.fixture
async def desk(hub: HubServer, profile_dir: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setattr(Hub, "PATIENCE", {"pause": 0.02, "stall": 1.0}, raising=True)
    async with Desk.opened(profile_dir) as opened:
        yield opened


async def fetched(desk: Desk, *files: str, ref: str = REF) -> Download:
    download = await desk.downloads.add(await desk.sources.plan(ref, files))
    async with asyncio.timeout(60):
        return await desk.downloads.wait(download.id)


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


def leftovers(desk: Desk) -> list[str]:
    return sorted(p.name for p in desk.profile.models.rglob("*") if ".part" in p.name)


def content(desk: Desk, name: str = NAME, repo: str = "owner/model") -> bytes:
    return (desk.profile.models / repo / name).read_bytes()


async def test_a_file_comes_whole_with_its_origin_and_is_listed(desk: Desk, hub: HubServer, starter: Path) -> None:
    hub.repo("owner/model", {NAME: starter, "README.md": b"# A model"})
    seen: list[int] = []
    desk.downloads.progressed.connect(lambda i: seen.append(desk.downloads.get(i).done))  # type: ignore[union-attr]
    finished: list[str] = []
    desk.downloads.finished.connect(finished.append)
    done = await fetched(desk)
    assert (done.state, done.error, done.done) == (DownloadState.DONE, "", starter.stat().st_size)
    assert finished == [done.id]
    assert content(desk) == starter.read_bytes()
    assert not leftovers(desk)
    assert seen == sorted(seen)
    origin = desk.downloads.origin(desk.profile.models / "owner" / "model" / NAME)
    assert origin is not None
    assert origin.sha256 == hashlib.sha256(starter.read_bytes()).hexdigest()
    assert origin.repo == "owner/model"
    assert any(m.path == origin.path for m in await desk.library.models())


async def test_small_files_of_git_are_verified_by_their_blob(desk: Desk, hub: HubServer) -> None:
    hub.repo("owner/model", {NAME: blob(5000), "LICENSE": b"Do what you like."})
    assert (await fetched(desk)).state is DownloadState.DONE
    assert content(desk, "LICENSE") == b"Do what you like."
    hub.fault("corrupt", "LICENSE", after=3, times=99)
    failed = await fetched(desk, "LICENSE", ref="hf:owner/model@main")
    assert failed.state is DownloadState.DONE  # it is here already, verified
    (desk.profile.models / "owner" / "model" / "LICENSE").unlink()
    failed = await fetched(desk, "LICENSE")
    assert failed.state is DownloadState.FAILED
    assert not (desk.profile.models / "owner" / "model" / "LICENSE").exists()


async def test_empty_files_and_folders_come_too(desk: Desk, hub: HubServer) -> None:
    names = {"cpu/genai_config.json": b"{}", "cpu/model.onnx": blob(3000), "cpu/vocab.txt": b""}
    hub.repo("owner/model", dict(names))
    done = await fetched(desk, "cpu")
    assert (done.state, done.error) == (DownloadState.DONE, "")
    assert {name: content(desk, name) for name in names} == names


async def test_search_turns_pages_and_details_name_sizes_and_digests(desk: Desk, hub: HubServer) -> None:
    for n in range(5):
        hub.repo(
            f"owner/model-{n}",
            {NAME: blob(2000, n)},
            facts={"gguf": {"total": 600_000_000 + n, "context_length": 4096}},
        )
    found = await desk.sources.search(SearchQuery("model", limit=4))
    assert [m.name for m in found] == ["model-0", "model-1", "model-2", "model-3"]
    assert found[0].licence == "apache-2.0"
    assert found[0].parameters == 600_000_000
    details = await desk.sources.details(found[1].ref)
    (group,) = details.groups
    assert (group.key, group.size) == ("Q4_K_M", 2000)
    assert group.files[0].sha256 == hashlib.sha256(blob(2000, 1)).hexdigest()
    assert not [r for r in hub.requests if "telemetry" in r[1] or "harness" in r[1]]
    assert {r[2]["user-agent"] for r in hub.requests} == {f"slmdesk/{__import__('slmdesk').__version__}"}


# ---- a hub that fails ------------------------------------------------------------------------------------------------


async def test_broken_connections_go_on_at_the_byte_where_they_ended(desk: Desk, hub: HubServer) -> None:
    data = blob(40_000_000)
    hub.repo("owner/model", {NAME: data})
    for after in (0, 1, 100_000, 3_000_000, 8_000_000):
        hub.fault("drop", NAME, after=after, times=2)
    assert (await fetched(desk)).state is DownloadState.DONE
    assert content(desk) == data
    assert hub.sent < len(data) * 1.2


async def test_a_stall_is_noticed_and_ended(desk: Desk, hub: HubServer) -> None:
    data = blob(3_000_000)
    hub.repo("owner/model", {NAME: data})
    hub.fault("stall", NAME, after=1_000_000, times=1)
    assert (await fetched(desk)).state is DownloadState.DONE
    assert content(desk) == data


@pytest.mark.parametrize("kind", ["500", "502", "429"])
async def test_a_hub_with_a_problem_of_its_own_is_asked_again(desk: Desk, hub: HubServer, kind: str) -> None:
    hub.repo("owner/model", {NAME: blob(50_000)})
    plan = await desk.sources.plan(REF)
    headers = {"Retry-After": "1"} if kind == "429" else {}
    hub.fault("status", NAME, status=int(kind), times=3, headers=headers, method="HEAD" if kind == "502" else "")
    download = await desk.downloads.add(plan)
    assert (await desk.downloads.wait(download.id)).state is DownloadState.DONE


async def test_a_hub_that_never_recovers_is_given_up_with_its_reason(desk: Desk, hub: HubServer) -> None:
    hub.repo("owner/model", {NAME: blob(50_000)})
    plan = await desk.sources.plan(REF)
    hub.fault("status", "storage", status=503, times=999)
    failed = await desk.downloads.wait((await desk.downloads.add(plan)).id)
    assert failed.state is DownloadState.FAILED
    assert failed.error_kind == "SourceUnreachable"
    assert "503" in failed.error
    hub.faults.clear()
    await desk.downloads.retry(failed.id)
    assert (await desk.downloads.wait(failed.id)).state is DownloadState.DONE


async def test_gated_private_missing_and_wrong_tokens_are_told_apart(desk: Desk, hub: HubServer) -> None:
    hub.repo("owner/model", {NAME: blob(50_000)}, gated=True, members={"good"})
    hub.tokens = {"good", "stranger"}
    details = await desk.sources.details(REF)
    assert (details.gated, str(details.access)) == (True, "locked")
    failed = await fetched(desk)
    assert (failed.state, failed.error_kind) == (DownloadState.FAILED, NeedsToken.__name__)
    await desk.secrets.set("huggingface", "stranger")
    assert str((await desk.sources.details(REF)).access) == "approval"
    await desk.downloads.retry(failed.id)
    failed = await desk.downloads.wait(failed.id)
    assert failed.error_kind == NeedsApproval.__name__
    await desk.secrets.set("huggingface", "invalid")
    with pytest.raises(NeedsToken, match="did not accept the token"):
        await desk.sources.details(REF)
    await desk.secrets.set("huggingface", "good")
    assert str((await desk.sources.details(REF)).access) == "granted"
    await desk.downloads.retry(failed.id)
    assert (await desk.downloads.wait(failed.id)).state is DownloadState.DONE
    assert not [r for r in hub.requests if r[1].startswith("/storage") and "authorization" in r[2]]
    with pytest.raises(NotAtSource):
        await desk.sources.details("hf:owner/nothing")
    with pytest.raises(NotAtSource, match="no such revision"):
        await desk.sources.details(REF, "v9")
    kept = [p.read_bytes() for p in desk.profile.path.rglob("*") if p.is_file()]
    assert not [k for k in kept if b"stranger" in k or b'"good"' in k]


async def test_a_corrupted_part_is_fetched_again_and_not_the_whole_file(desk: Desk, hub: HubServer) -> None:
    data = blob(80_000_000)
    hub.repo("owner/model", {NAME: data})
    hub.fault("corrupt", NAME, after=1_000_000)
    done = await fetched(desk)
    assert done.state is DownloadState.DONE
    assert content(desk) == data
    assert hub.sent < 1.9 * len(data)  # the second look ends where the bad part was found, but for what is under way


async def test_a_hub_that_keeps_lying_never_makes_a_model(desk: Desk, hub: HubServer) -> None:
    hub.repo("owner/model", {NAME: blob(20_000_000)})
    hub.fault("corrupt", NAME, after=1_000_000, times=999)
    failed = await fetched(desk)
    assert (failed.state, failed.error_kind) == (DownloadState.FAILED, "WrongContent")
    assert "SHA-256" in failed.error
    assert not (desk.profile.models / "owner" / "model" / NAME).exists()
    hub.faults.clear()
    await desk.downloads.retry(failed.id)
    assert (await desk.downloads.wait(failed.id)).state is DownloadState.DONE


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"X-Linked-Size": "49999"}, "headers"),
        ({"X-Linked-ETag": '"' + "0" * 64 + '"'}, "headers"),
        ({"X-Repo-Commit": "0" * 40}, "headers"),
        ({"Content-Range": "bytes 0-49999/50001"}, "lie"),
        ({"Content-Range": "bytes 5-49999/50000"}, "lie"),
        ({"Content-Range": "nonsense"}, "lie"),
        ({"Content-Encoding": "gzip"}, "lie"),
    ],
)
async def test_a_hub_that_lies_about_the_file_is_refused(
    desk: Desk, hub: HubServer, headers: dict[str, str], kind: str
) -> None:
    hub.repo("owner/model", {NAME: blob(50_000)})
    plan = await desk.sources.plan(REF)
    hub.fault(kind, NAME, headers=headers, times=999)
    failed = await desk.downloads.wait((await desk.downloads.add(plan)).id)
    assert (failed.state, failed.error_kind) == (DownloadState.FAILED, "WrongContent")
    assert not (desk.profile.models / "owner" / "model" / NAME).exists()


async def test_a_server_without_ranges_sends_the_whole(desk: Desk, hub: HubServer) -> None:
    data = blob(20_000_000)
    hub.repo("owner/model", {NAME: data})
    hub.fault("whole", NAME, times=999)
    hub.fault("drop", NAME, after=9_000_000, times=0)
    assert (await fetched(desk)).state is DownloadState.DONE
    assert content(desk) == data


async def test_content_that_changes_while_it_comes_is_noticed(desk: Desk, hub: HubServer) -> None:
    data = blob(40_000_000)
    hub.repo("owner/model", {NAME: data})
    hub.fault("swap", NAME, content=blob(40_000_000, 9), times=1)
    done = await fetched(desk)
    assert done.state is DownloadState.DONE
    assert content(desk) == data


async def test_an_address_that_expires_is_asked_for_again(desk: Desk, hub: HubServer) -> None:
    data = blob(60_000_000)
    hub.repo("owner/model", {NAME: data})
    plan = await desk.sources.plan(REF)

    def expire(path: str) -> None:
        if path.startswith("/storage") and len(hub.asked("GET /storage")) == 3:
            hub.signature += 1

    hub.on_request = expire
    download = await desk.downloads.add(plan)
    assert (await desk.downloads.wait(download.id)).state is DownloadState.DONE
    assert content(desk) == data
    assert len(hub.asked("HEAD /owner")) >= 2


async def test_a_redirect_to_a_stranger_is_not_followed(desk: Desk, hub: HubServer) -> None:
    hub.repo("owner/model", {NAME: blob(50_000)})
    plan = await desk.sources.plan(REF)
    hub.fault("redirect", "resolve", location="https://evil.example/model", times=999)
    download = await desk.downloads.add(plan)
    await until(lambda: desk.downloads.get(download.id).state is DownloadState.WAITING)  # type: ignore[union-attr]
    waiting = desk.downloads.get(download.id)
    assert waiting is not None
    assert (waiting.error_kind, waiting.host) == ("NetworkBlocked", "evil.example")
    await asyncio.sleep(0.3)
    assert [c.host for c in desk.network.ledger if not c.allowed][-1] == "evil.example"
    assert len(hub.asked("HEAD")) == 1


async def test_names_that_leave_the_folder_are_refused(desk: Desk, hub: HubServer) -> None:
    hub.repo("owner/model", {"../../evil.gguf": blob(5000), "ok-Q8_0.gguf": blob(5000), "a/../b.gguf": blob(3000)})
    details = await desk.sources.details(REF)
    assert [g.key for g in details.groups if not g.problem] == ["Q8_0"]
    with pytest.raises(DownloadError, match="leads out"):
        plan_of(details, [f for f in details.files if "evil" in f.path])
    assert (await fetched(desk)).state is DownloadState.DONE


async def test_a_link_in_the_models_folder_does_not_lead_out_of_it(desk: Desk, hub: HubServer, tmp_path: Path) -> None:
    hub.repo("owner/model", {"sub/" + NAME: blob(5000)})
    outside = tmp_path / "outside"
    outside.mkdir()
    (desk.profile.models / "owner" / "model").mkdir(parents=True)
    (desk.profile.models / "owner" / "model" / "sub").symlink_to(outside)
    failed = await fetched(desk)
    assert failed.state is DownloadState.FAILED
    assert not list(outside.iterdir())


# ---- pause, resume, restart ------------------------------------------------------------------------------------------


async def test_pause_and_resume_fetch_no_byte_twice(desk: Desk, hub: HubServer) -> None:
    data = blob(30_000_000)
    hub.repo("owner/model", {NAME: data})
    hub.fault("slow", NAME, after=8_000_000, times=99)
    download = await desk.downloads.add(await desk.sources.plan(REF))
    for share in (0.2, 0.5):
        await until(lambda share=share: desk.downloads.get(download.id).done > share * len(data))  # type: ignore[misc, union-attr]
        await desk.downloads.pause(download.id)
        paused = desk.downloads.get(download.id)
        assert paused is not None
        assert paused.state is DownloadState.PAUSED
        sent = hub.sent
        await asyncio.sleep(0.2)
        assert hub.sent - sent < 4_000_000
        await desk.downloads.resume(download.id)
    assert (await desk.downloads.wait(download.id)).state is DownloadState.DONE
    assert content(desk) == data
    assert hub.sent < len(data) + 8_000_000  # what was in the sockets at each pause


async def test_cancel_leaves_nothing(desk: Desk, hub: HubServer) -> None:
    hub.repo("owner/model", {NAME: blob(30_000_000)})
    hub.fault("slow", NAME, after=4_000_000, times=99)
    download = await desk.downloads.add(await desk.sources.plan(REF))
    await until(lambda: desk.downloads.get(download.id).done > 1_000_000)  # type: ignore[union-attr]
    await desk.downloads.cancel(download.id)
    assert desk.downloads.list() == []
    assert not list(desk.profile.models.rglob("*.gguf*"))
    assert not (desk.profile.models / "owner").exists()


async def test_the_queue_survives_a_restart_and_orphans_are_adopted(
    hub: HubServer, profile_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = blob(30_000_000)
    hub.repo("owner/model", {NAME: data})
    slow = hub.fault("slow", NAME, after=8_000_000, times=99)
    async with Desk.opened(profile_dir) as desk:
        download = await desk.downloads.add(await desk.sources.plan(REF))
        await until(lambda: desk.downloads.get(download.id).done > 5_000_000)  # type: ignore[union-attr]
    slow.times = 0
    sent = hub.sent
    async with Desk.opened(profile_dir) as desk:
        (again,) = desk.downloads.list()
        assert again.id == download.id
        await desk.downloads.start()
        assert (await desk.downloads.wait(again.id)).state is DownloadState.DONE
        assert content(desk) == data
    assert hub.sent - sent < len(data) - 4_000_000


async def test_a_part_that_the_database_forgot_is_adopted(hub: HubServer, profile_dir: Path) -> None:
    data = blob(30_000_000)
    hub.repo("owner/model", {NAME: data})
    slow = hub.fault("slow", NAME, after=8_000_000, times=99)
    async with Desk.opened(profile_dir) as desk:
        download = await desk.downloads.add(await desk.sources.plan(REF))
        await until(lambda: desk.downloads.get(download.id).done > 5_000_000)  # type: ignore[union-attr]
        await desk.downloads.pause(download.id)
        await desk.downloads._queue.drop(download.id)
    slow.times = 0
    async with Desk.opened(profile_dir) as desk:
        assert desk.downloads.list() == []
        await desk.downloads.start()
        (adopted,) = desk.downloads.list()
        assert (adopted.state, adopted.title) == (DownloadState.PAUSED, download.title)
        await desk.downloads.resume(adopted.id)
        assert (await desk.downloads.wait(adopted.id)).state is DownloadState.DONE
        assert content(desk) == data


async def test_a_killed_worker_is_started_again_by_itself(desk: Desk, hub: HubServer) -> None:
    data = blob(30_000_000)
    hub.repo("owner/model", {NAME: data})
    hub.fault("slow", NAME, after=8_000_000, times=99)
    download = await desk.downloads.add(await desk.sources.plan(REF))
    await until(lambda: desk.downloads.get(download.id).done > 3_000_000)  # type: ignore[union-attr]
    hub.faults.clear()
    os.kill(desk.hub._workers[desk.profile.models].pid, 9)
    assert (await desk.downloads.wait(download.id)).state is DownloadState.DONE
    assert content(desk) == data


async def test_going_offline_stops_and_going_online_goes_on(
    desk: Desk, hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = blob(30_000_000)
    hub.repo("owner/model", {NAME: data})
    hub.fault("slow", NAME, after=8_000_000, times=99)
    plan = await desk.sources.plan(REF)
    await desk.network.set_state(NetworkState.ONLINE)
    download = await desk.downloads.add(plan)
    await until(lambda: desk.downloads.get(download.id).done > 1_000_000)  # type: ignore[union-attr]
    reach = {"now": False}
    monkeypatch.setattr(desk.downloads, "_may_reach", lambda: reach["now"])
    await desk.network.set_state(NetworkState.OFFLINE)
    await until(lambda: desk.downloads.get(download.id).state is DownloadState.WAITING)  # type: ignore[union-attr]
    assert "offline" in desk.downloads.get(download.id).message  # type: ignore[union-attr]
    await until(lambda: not desk.hub._workers.get(desk.profile.models))
    hub.faults.clear()
    reach["now"] = True
    await desk.network.set_state(NetworkState.ONLINE)
    assert (await desk.downloads.wait(download.id)).state is DownloadState.DONE
    assert content(desk) == data


@pytest.mark.parametrize("how", ["local", "withdrawn"])
async def test_a_download_ends_where_the_host_may_not_be_reached_any_more(
    desk: Desk, hub: HubServer, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    hub.repo("owner/model", {NAME: blob(30_000_000)})
    hub.fault("slow", NAME, after=8_000_000, times=99)
    plan = await desk.sources.plan(REF)
    await desk.network.set_state(NetworkState.ONLINE)
    await desk.network.consent("example.org")
    download = await desk.downloads.add(plan)
    await until(lambda: desk.downloads.get(download.id).done > 1_000_000)  # type: ignore[union-attr]
    monkeypatch.setattr(desk.downloads, "_may_reach", lambda: False)
    if how == "local":
        await desk.network.set_state(NetworkState.LOCAL)
        await until(lambda: not desk.hub._workers.get(desk.profile.models))
    else:
        await desk.network.withdraw("example.org")
    await until(lambda: desk.downloads.get(download.id).state is DownloadState.WAITING)  # type: ignore[union-attr]
    assert "may not reach" in desk.downloads.get(download.id).message  # type: ignore[union-attr]


async def test_too_little_room_waits_and_goes_on_when_there_is(
    desk: Desk, hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = blob(3_000_000)
    hub.repo("owner/model", {NAME: data})
    monkeypatch.setattr("slmdesk.services.downloads.downloads.DISK_RETRY_S", 0.2)
    await desk.settings.set("disk_reserve_gb", 10_000)
    download = await desk.downloads.add(await desk.sources.plan(REF))
    await until(lambda: desk.downloads.get(download.id).state is DownloadState.WAITING)  # type: ignore[union-attr]
    waiting = desk.downloads.get(download.id)
    assert waiting is not None
    assert "not enough room" in waiting.message
    assert waiting.error_kind == "DiskFull"
    await desk.settings.set("disk_reserve_gb", 0)
    assert (await desk.downloads.wait(download.id)).state is DownloadState.DONE


async def test_a_speed_limit_holds(desk: Desk, hub: HubServer) -> None:
    data = blob(1_500_000)
    hub.repo("owner/model", {NAME: data})
    await desk.settings.set("download_limit_kbps", 1000)
    plan = await desk.sources.plan(REF)
    began = asyncio.get_running_loop().time()
    download = await desk.downloads.add(plan)
    assert (await desk.downloads.wait(download.id)).state is DownloadState.DONE
    assert 1.0 < asyncio.get_running_loop().time() - began < 5


async def test_only_so_many_at_once_and_each_in_turn(desk: Desk, hub: HubServer) -> None:
    for n in range(3):
        hub.repo(f"owner/m{n}", {NAME: blob(200_000, n)})
    await desk.settings.set("download_parallel", 1)
    states: list[int] = []
    desk.downloads.changed.connect(lambda: states.append(len(desk.downloads._tasks)))
    ids = [(await desk.downloads.add(await desk.sources.plan(f"hf:owner/m{n}"))).id for n in range(3)]
    for one in ids:
        assert (await desk.downloads.wait(one)).state is DownloadState.DONE
    assert max(states) == 1


async def test_an_update_is_offered_and_the_old_file_stays_until_the_new_one_is_whole(
    desk: Desk, hub: HubServer
) -> None:
    old, new = blob(50_000, 1), blob(60_000, 2)
    repo = hub.repo("owner/model", {NAME: old})
    assert (await fetched(desk)).state is DownloadState.DONE
    assert await desk.downloads.updates() == []
    repo.commit({NAME: new})
    (update,) = await desk.downloads.updates()
    fault = hub.fault("corrupt", NAME, after=100, times=999)
    download = await desk.downloads.add(update.plan)
    assert download.update
    failed = await desk.downloads.wait(download.id)
    assert failed.state is DownloadState.FAILED
    assert content(desk) == old
    fault.times = 0
    await desk.downloads.retry(download.id)
    assert (await desk.downloads.wait(download.id)).state is DownloadState.DONE
    assert content(desk) == new
    assert await desk.downloads.updates() == []


async def test_every_connection_is_in_the_ledger(desk: Desk, hub: HubServer) -> None:
    hub.repo("owner/model", {NAME: blob(500_000)})
    assert (await fetched(desk)).state is DownloadState.DONE
    lines = await desk.network.lines()
    assert {(c.part, c.host) for c in lines} >= {
        ("hub", "127.0.0.1"),
        ("downloads", "127.0.0.1"),
        ("downloads", "localhost"),
    }
    assert sum(c.down for c in lines if c.host == "localhost") > 500_000
    assert all(c.purpose for c in lines)
