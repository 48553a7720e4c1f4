"""etcd by its JSON gateway: nothing that listens, no credentials, no library."""

import base64
import json
from http.client import HTTPException
from urllib.request import HTTPDefaultErrorHandler, HTTPErrorProcessor, HTTPHandler, OpenerDirector, Request

# Seconds, for one member to answer.
TIMEOUT = 1


# HTTP and nothing else: no proxy, whatever the environment says, and no TLS, whose certificates take a while to read.
direct = OpenerDirector()
for handler in (HTTPHandler, HTTPDefaultErrorHandler, HTTPErrorProcessor):
    direct.add_handler(handler())


def ask(url, body=None):
    """The JSON that is answered; OSError when there is none."""
    data = None if body is None else json.dumps(body).encode()
    try:
        with direct.open(Request(url, data), timeout=TIMEOUT) as answer:
            return json.load(answer)
    except (ValueError, HTTPException) as error:
        raise OSError(f"{url}: {error}") from error


def call(endpoints, method, body):
    """`endpoints` are asked in their order until one answers; OSError when none does."""
    reason = "there is no endpoint"
    for endpoint in endpoints:
        try:
            return ask(f"{endpoint}/v3/{method}", body)
        except OSError as error:
            reason = error
    raise OSError(f"etcd does not answer {method}: {reason}")


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def decoded(text):
    return base64.b64decode(text).decode()
