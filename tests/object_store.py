"""A real S3 server in the tests' own process, moto's, and buckets in it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1"}


@dataclass(frozen=True)
class ObjectStore:
    """The server: its address, the environment that leads programs to it, and boto3's client of it."""

    endpoint: str
    environment: dict[str, str]
    client: Any

    def bucket(self, name: str) -> str:
        """A new and empty bucket; its URL."""
        self.client.create_bucket(Bucket=name)
        return f"s3://{name}"

    def put(self, url: str, data: bytes) -> str:
        """An object at a URL, which is given back."""
        bucket, _, key = url.removeprefix("s3://").partition("/")
        self.client.put_object(Bucket=bucket, Key=key, Body=data)
        return url

    def get(self, url: str) -> bytes:
        """What is at a URL."""
        bucket, _, key = url.removeprefix("s3://").partition("/")
        return self.client.get_object(Bucket=bucket, Key=key)["Body"].read()

    def keys(self, bucket: str) -> list[str]:
        """All keys of a bucket."""
        return sorted(entry["Key"] for entry in self.client.list_objects_v2(Bucket=bucket).get("Contents", []))


@contextmanager
def object_store() -> Iterator[ObjectStore]:
    """The server on a port of its own, as long as the context lasts."""
    boto3 = pytest.importorskip("boto3")
    server = pytest.importorskip("moto.server")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it tells each request
    listening = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    listening.start()
    try:
        host, port = listening.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        environment = {**KEYS, "AWS_ENDPOINT_URL": endpoint, "AWS_EC2_METADATA_DISABLED": "true"}
        client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name=KEYS["AWS_DEFAULT_REGION"],
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        )
        yield ObjectStore(endpoint, environment, client)
    finally:
        listening.stop()


@contextmanager
def reached(store: ObjectStore) -> Iterator[None]:
    """This process finds the server, and no other: fsspec's file systems of before are forgotten."""
    from s3fs import S3FileSystem

    with pytest.MonkeyPatch.context() as patch:
        for name, value in store.environment.items():
            patch.setenv(name, value)
        patch.delenv("AWS_PROFILE", raising=False)
        S3FileSystem.clear_instance_cache()
        try:
            yield
        finally:
            S3FileSystem.clear_instance_cache()
