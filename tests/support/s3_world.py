"""An S3 of one's own, by moto, with the bucket `bank`; its address, and credentials that fit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="module")
def s3_endpoint() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        client_of(endpoint).create_bucket(Bucket="bank")
        yield endpoint
        server.stop()


def client_of(endpoint: str) -> Any:
    """To put objects there."""
    import boto3

    return boto3.client("s3", endpoint_url=endpoint)
