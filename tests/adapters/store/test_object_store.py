"""The store on an S3-compatible server: nothing half-visible, nothing made by the way, and words for what is wrong with it."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

import boto3
import pytest

from pipeline.adapters.store.snapshots import Run, Store
from pipeline.errors import StoreError

PROJECT = Path(__file__).parents[3]
RUN = Run("train", date(2026, 8, 21), datetime(2026, 8, 20, 22, tzinfo=UTC))
LARGE = 101 * 2**20  # bytes: goes up in parts
PUT_LARGE = """
import sys
from tests.adapters.store.test_object_store import LARGE, RUN, Store
print(Store(sys.argv[1]).put(RUN, "large", ".bin", lambda path: path.write_bytes(bytes(LARGE))))
"""


def keys_in(bucket: str) -> list[str]:
    found = boto3.client("s3").list_objects_v2(Bucket=bucket.removeprefix("s3://"))
    return [item["Key"] for item in found.get("Contents", [])]


def test_upload_that_is_killed_leaves_nothing_to_be_seen_and_the_next_one_puts_it_whole(bucket):
    command = [sys.executable, "-c", PUT_LARGE, bucket]
    upload = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(PROJECT)})
    until = time.monotonic() + 60
    while not boto3.client("s3").list_multipart_uploads(Bucket=bucket.removeprefix("s3://")).get("Uploads"):
        assert upload.poll() is None
        assert time.monotonic() < until
        time.sleep(0.005)
    upload.send_signal(signal.SIGKILL)
    upload.communicate()

    assert keys_in(bucket) == []
    url = Store(bucket).put(RUN, "large", ".bin", lambda path: path.write_bytes(bytes(LARGE)))
    assert Store(bucket).get(url, lambda path: path.stat().st_size) == LARGE


def test_result_written_by_one_worker_is_seen_by_another_that_looked_before(bucket):
    ours, theirs = Store(bucket), Store(bucket)
    with pytest.raises(StoreError, match="run it first"):
        ours.read_result(RUN, "extract")

    theirs.write_result(RUN, "extract", {"rows": 1})

    assert ours.read_result(RUN, "extract") == {"rows": 1}


def test_object_that_was_changed_is_refused(bucket):
    url = Store(bucket).put(RUN, "grid", ".bin", lambda path: path.write_bytes(b"as it was"))
    boto3.client("s3").put_object(Bucket=bucket.removeprefix("s3://"), Key=url.removeprefix(f"{bucket}/"), Body=b"another")

    with pytest.raises(StoreError, match=r"has content hash .*; expected .*: the file was changed or cut"):
        Store(bucket).get(url, Path.read_bytes)


def test_bucket_that_is_not_there_is_named_and_not_made(bucket):
    nowhere = f"{bucket}-of-nobody"

    with pytest.raises(StoreError, match=rf"cannot write {nowhere}/.*bucket does not exist.*check DAYAHEAD_STORE"):
        Store(nowhere).write_result(RUN, "extract", {})

    assert bucket.removeprefix("s3://") in (names := [found["Name"] for found in boto3.client("s3").list_buckets()["Buckets"]])
    assert nowhere.removeprefix("s3://") not in names


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_MAX_ATTEMPTS": "1"}, "Could not connect to the endpoint URL"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": "true"}, "Unable to locate credentials"),
    ],
)
def test_store_out_of_reach_or_without_a_login_is_said_in_words(bucket, variables, words):
    reach = "from tests.adapters.store.test_object_store import RUN, Store; import sys; Store(sys.argv[1]).read_result(RUN, 'extract')"
    environment = {name: value for name, value in (os.environ | variables | {"PYTHONPATH": str(PROJECT)}).items() if value}

    done = subprocess.run([sys.executable, "-c", reach, bucket], env=environment, capture_output=True, text=True, timeout=600, check=False)

    assert f"StoreError: cannot read {bucket}/" in done.stderr.splitlines()[-1]
    assert words in done.stderr.splitlines()[-1]
    assert "check DAYAHEAD_STORE" in done.stderr.splitlines()[-1]
