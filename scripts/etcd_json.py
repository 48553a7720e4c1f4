"""etcd by its JSON gateway: nothing that listens, no credentials, no library."""

import base64
import http.client
import json
import urllib.request

# Seconds, for one member to answer.
TIMEOUT = 1

# No proxy stands between the nodes, whatever the environment says.
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ask(url, body=None):
    """The JSON that is answered; OSError when there is none."""
    data = None if body is None else json.dumps(body).encode()
    try:
        with direct.open(url, data, TIMEOUT) as answer:
            return json.load(answer)
    except (ValueError, http.client.HTTPException) as error:
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
