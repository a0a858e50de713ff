"""What the tours share: clients, and the list of the operations that were answered.

A tour calls every operation that a service supports and asserts on the answers. At
its end it prints a line for each operation that was answered, "called OPERATION", and
for each that boto3 is too old for, "lacking OPERATION".
"""

import atexit
import contextlib
import sys
import time

import boto3
import botocore.exceptions
from botocore.config import Config

ACCOUNT = "123456789012"
REGION = "us-east-1"

answered = set()
lacking = set()


def _note(http_response, model, **_):
    if http_response.status_code < 300:
        answered.add(model.name)


def client(service, protocol=None, **more):
    """client is boto3's of a service, in one of the protocols that the service speaks."""
    session = boto3.Session()
    if protocol:
        _speak(session, protocol)
    # The address of a server at home has no name that "stream-" could be put before.
    settings = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, inject_host_prefix=False)
    if service == "s3":  # in us-east-1 boto3 would sign links by version 2
        settings = settings.merge(Config(signature_version="s3v4"))
    made = session.client(service, config=settings, **more)
    made.meta.events.register("after-call.*.*", _note)
    return made


def _speak(session, protocol):
    """botocore takes the best protocol of a service; this leaves it one."""
    loader = session._session.get_component("data_loader")
    load = loader.load_service_model

    def one(*args, **kwargs):
        model = load(*args, **kwargs)
        if "protocols" in model.get("metadata", {}):
            model = dict(model, metadata=dict(model["metadata"], protocol=protocol, protocols=[protocol]))
        return model

    loader.load_service_model = one


@contextlib.contextmanager
def refused(error, operation=None, message=None):
    """refused asserts that its body ends in an error, a class of exceptions of a
    client or its code. An operation that is always refused is named."""
    try:
        yield
    except botocore.exceptions.ClientError as e:
        told = e.response["Error"]
        # Each client has classes of its own of the same errors.
        wanted, got = (error, told["Code"]) if isinstance(error, str) else (error.__name__, type(e).__name__)
        assert got == wanted, f"{got} instead of {wanted}: {told}"
        assert message is None or message in told["Message"], told
        assert e.response["ResponseMetadata"]["RequestId"], e.response
        if operation:
            answered.add(operation)
        return
    raise AssertionError(f"not refused, and should be by {error}")


def knows(client_, operation):
    """knows tells whether boto3 is new enough for an operation."""
    if operation in client_.meta.service_model.operation_names:
        return True
    lacking.add(operation)
    return False


def same(got, want):
    assert got == want, f"\n got {got!r}\nwant {want!r}"


def eventually(what, is_so, patience=180):
    """eventually waits for something, and gives it."""
    end = time.monotonic() + patience
    while True:
        found = is_so()
        if found:
            return found
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.05)


def pages(client_, operation, member, size="PageSize", at_most=2, **arguments):
    """pages reads all pages of an operation, and asserts that they are small."""
    found, count = [], 0
    for page in client_.get_paginator(operation).paginate(PaginationConfig={"PageSize": at_most}, **arguments):
        assert len(page[member]) <= at_most, page
        found += page[member]
        count += 1
    assert count >= (len(found) + at_most - 1) // at_most
    return found


@atexit.register
def _tell():
    for name in sorted(answered):
        print("called", name)
    for name in sorted(lacking):
        print("lacking", name)
    sys.stdout.flush()
