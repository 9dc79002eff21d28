"""Archives read to their end, whatever is killed meanwhile: each page once."""

from __future__ import annotations

import io
import json
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from archive.buckets import Bucket
from archive.folders import Folder
from tests.archive.conftest import StartJob, StartServer
from tests.archive.job import Job, Rows, checkpoints, failures, pages, rows, shards_done
from tests.archive.ray_cluster import RayCluster, running
from tests.archive.scans import BROKEN, archive, expected

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def once(found: Rows, source: str) -> set[tuple[str, int]]:
    """The pages, of which none stands there twice."""
    counted = pages(found, source)
    assert {page for page, count in counted.items() if count > 1} == set()
    return set(counted)


def texts(found: Rows) -> dict[tuple[str, int], str]:
    return {(Path(row["document"]).name, row["page"]): row["markdown"] for row in found}


def write(folder: Path, files: dict[str, bytes]) -> None:
    for key, data in files.items():
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def test_a_node_and_a_server_are_killed(
    tmp_path: Path, start_job: StartJob, start_server: StartServer, ray_cluster: RayCluster
) -> None:
    source, out = tmp_path / "scans", tmp_path / "out"
    write(source, archive(14, 26) | BROKEN)
    (doomed, first), (_, other) = start_server(), start_server()
    output = Folder(out)
    servers = ("--server", first, "--server", other, "-j", "2", "--pages-per-request", "3")
    job = start_job(
        tmp_path / "job", str(source), "-o", str(out), *servers,
        "--shard-documents", "6", "--price", "3.6", "--ray", ray_cluster.address,
    )  # fmt: skip
    job.until(lambda: checkpoints(output) >= 3)
    ray_cluster.kill_node()
    ray_cluster.add_node()
    job.until(lambda: checkpoints(output) >= 1 and shards_done(output) >= 1)
    doomed.kill()
    assert job.ended() == 1, job.log
    found = rows(output)
    assert once(found, str(source)) == expected(14, 26)
    assert texts(found)["003.png", 1] == "Harbour 4003"
    markdown = (out / "documents/scans/long/0.pdf.md").read_text()
    assert markdown == "".join(f"Harbour {5000 + number}\n\n" for number in range(26))[:-1]
    told = {(Path(row["document"]).name, row["page"]): row["code"] for row in failures(output)}
    assert set(told) == {("nonsense.pdf", None), ("empty.png", None), ("text.jpg", None)}
    assert all(told.values())
    assert not list((out / ".ocr/units").rglob("*.*"))
    summary = job.summary
    assert (summary["documents_done"], summary["pages"] + summary["pages_kept"] >= 40) == (18, True)
    assert summary["cost"] == pytest.approx(3.6 * 2 * summary["seconds"] / 3600, rel=0.01)


def test_the_driver_is_killed_between_two_buckets_and_the_same_command_goes_on(
    tmp_path: Path,
    start_job: StartJob,
    start_server: StartServer,
    ray_cluster: RayCluster,
    s3_client: S3Client,
    bucket: str,
    s3_environment: dict[str, str],
) -> None:
    for key, data in (archive(8, 16) | {"/sly.png": archive(1)["2024/000.png"]}).items():
        s3_client.put_object(Bucket=bucket, Key=f"scans/{key}", Body=data)
    _, server = start_server()
    source, target = f"s3://{bucket}/scans", f"s3://{bucket}/results"
    output = Bucket(bucket, "results", s3_client)
    arguments = (
        source, "-o", target, "--server", server, "-j", "2", "--pages-per-request", "4",
        "--shard-documents", "5", "--ray", ray_cluster.address,
    )  # fmt: skip
    job = start_job(tmp_path / "first", *arguments, environment=s3_environment)
    job.until(lambda: checkpoints(output) >= 2)
    job.kill()
    left = checkpoints(output)
    job = start_job(tmp_path / "second", *arguments, environment=s3_environment)
    assert job.ended() == 0, job.log
    everything = expected(8, 16) | {("/sly.png", 1)}
    assert once(rows(output), source) == everything
    assert job.summary["pages"] < len(everything)
    assert job.summary["pages_kept"] >= left
    keys = {item.key for item in output.list("documents/")}
    assert "documents/scans/long/0.pdf.md" in keys
    assert all(key.startswith(("documents/scans/", "documents/_/")) for key in keys)
    assert failures(output) == []

    again = start_job(tmp_path / "third", *arguments, environment=s3_environment)
    assert again.ended() == 0, again.log
    assert (again.summary["pages"], again.summary["documents_todo"]) == (0, 0)


def test_an_object_that_may_not_be_read_is_told_and_no_reason_for_another_exit_code(
    tmp_path: Path,
    start_job: StartJob,
    start_server: StartServer,
    ray_cluster: RayCluster,
    s3_client: S3Client,
    bucket: str,
    s3_environment: dict[str, str],
) -> None:
    for key, data in archive(5).items():
        s3_client.put_object(Bucket=bucket, Key=f"scans/{key}", Body=data)
    secret = "2024/003.png"
    resource = f"arn:aws:s3:::{bucket}/scans/{secret}"
    denied = {"Effect": "Deny", "Principal": {"AWS": ["*"]}, "Action": "s3:GetObject", "Resource": resource}
    s3_client.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [denied]}))
    _, server = start_server()
    source, out = f"s3://{bucket}/scans", tmp_path / "out"
    arguments = (source, "-o", str(out), "--server", server, "--ray", ray_cluster.address, "--failures-ok")
    job = start_job(tmp_path / "job", *arguments, environment=s3_environment)
    assert job.ended() == 0, job.log
    output = Folder(out)
    assert once(rows(output), source) == expected(5) - {(secret, 1)}
    assert [(row["document"], row["code"]) for row in failures(output)] == [
        (f"{source}/{secret}", "document_unreadable")
    ]
    s3_client.delete_bucket_policy(Bucket=bucket)
    again = start_job(tmp_path / "again", *arguments, "--retry-failed", environment=s3_environment)
    assert again.ended() == 0, again.log
    assert (again.summary["pages"], failures(output)) == (1, [])
    assert once(rows(output), source) == expected(5)


def test_a_node_of_one_cpu_has_room_for_all_that_is_done(
    tmp_path: Path, start_job: StartJob, start_server: StartServer
) -> None:
    """Readers, who stay, and those that cut shards and put them together; the head does nothing of it."""
    source, out = tmp_path / "scans", tmp_path / "out"
    write(source, archive(8, 6))
    _, server = start_server()
    with running(1, cpus=1) as cluster:
        job = start_job(
            tmp_path / "job", str(source), "-o", str(out), "--server", server, "-j", "4", "--readers", "4",
            "--pages-per-request", "2", "--shard-documents", "1", "--ray", cluster.address,
        )  # fmt: skip
        assert job.ended() == 0, job.log
    assert once(rows(Folder(out)), str(source)) == expected(8, 6)
    assert job.summary["documents_done"] == 9


def listening(job: Job) -> dict[str, set[str]]:
    """The addresses at which the processes of a job listen, by their names."""
    processes = psutil.Process(job.process.pid).children(recursive=True)
    found: dict[str, set[str]] = {}
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            sockets = process.net_connections("tcp")
            addresses = {one.laddr.ip.removeprefix("::ffff:") for one in sockets if one.status == psutil.CONN_LISTEN}
            found.setdefault(process.name(), set()).update(addresses)
    return found


def test_no_server_at_all_ends_the_run_and_records_nothing(tmp_path: Path, start_job: StartJob) -> None:
    """Ray on this machine alone, as it starts by default; nobody else can reach it."""
    write(tmp_path / "scans", archive(2))
    out = tmp_path / "out"
    job = start_job(
        tmp_path / "job", str(tmp_path / "scans"), "-o", str(out), "--server", "http://127.0.0.1:9",
        "--patience", "6",
    )  # fmt: skip
    job.until(lambda: any(name.startswith("ray::Map") for name in listening(job)))
    addresses = listening(job)
    assert {"gcs_server", "raylet"} <= set(addresses)
    assert set().union(*addresses.values()) <= {"127.0.0.1", "::1"}, addresses
    assert job.ended() == 3, job.log
    assert "stopped, no server has read anything" in job.log
    assert job.summary["exit_code"] == 3
    assert rows(Folder(out)) == failures(Folder(out)) == []


@pytest.mark.parametrize(
    ("number", "code", "why"), [(signal.SIGTERM, 143, "terminated"), (signal.SIGINT, 130, "interrupted")]
)
def test_a_signal_ends_the_run_and_says_so(
    tmp_path: Path, start_job: StartJob, number: int, code: int, why: str
) -> None:
    write(tmp_path / "scans", archive(2))
    job = start_job(
        tmp_path / "job", str(tmp_path / "scans"), "-o", str(tmp_path / "out"), "--server", "http://127.0.0.1:9",
    )  # fmt: skip
    job.until(lambda: any(name.startswith("ray::Map") for name in listening(job)))
    job.process.send_signal(number)
    # Whoever is impatient changes nothing.
    job.process.send_signal(number)
    assert job.ended() == code, job.log
    assert f"stopped, {why}" in job.log
    assert (job.summary["exit_code"], job.summary["stopped"]) == (code, why)


def test_the_bucket_reads_what_is_asked_for(s3_client: S3Client, bucket: str) -> None:
    """A PDF's pages are counted without fetching it."""
    store = Bucket(bucket, "scans", s3_client)
    data = bytes(range(256)) * 4096
    store.write("a b/ü.bin", data)
    with store.opened("a b/ü.bin") as file:
        file.seek(-5, io.SEEK_END)
        assert (file.read(), file.read()) == (data[-5:], b"")
        file.seek(1000)
        assert file.read(10) == data[1000:1010]
    item = store.item("a b/ü.bin")
    with store.fetched(item.key, item.version) as path:
        assert path.read_bytes() == data
    with pytest.raises(OSError, match="has changed"), store.fetched(item.key, "0" * 32):
        pass
    with pytest.raises(FileNotFoundError):
        store.read("missing")
    store.create("once", b"1")
    with pytest.raises(FileExistsError):
        store.create("once", b"2")
    store.delete(item.key for item in list(store.list()))
    assert list(store.list()) == []
