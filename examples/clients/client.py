"""Enqueues one request, waits for it, and fetches the video. Needs only Python's standard library.

DAILIES_URL: the address of the API. DAILIES_KEY: an API key, if the API needs one.
"""
import hashlib
import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid

URL = os.environ.get("DAILIES_URL", "http://127.0.0.1:3000").rstrip("/")
KEY = os.environ.get("DAILIES_KEY")
AT_REST = {"succeeded", "failed", "canceled", "unresolved", "overdue"}


def call(method, way, body=None, headers=None):
    """Returns the bytes of the answer. Tries again, five times in all, while the API (or Redis behind it) is away or overloaded."""
    sent = {"Content-Type": "application/json", **(headers or {})}
    data = None if body is None else json.dumps(body).encode()
    address = way if way.startswith("http") else URL + way
    for attempt in range(5):
        request = urllib.request.Request(address, data, sent, method=method)
        if KEY:
            # Not sent along redirects: if the results are in a bucket, the API redirects there.
            request.add_unredirected_header("Authorization", "Bearer " + KEY)
        try:
            with urllib.request.urlopen(request) as response:
                return response.read()
        except urllib.error.HTTPError as error:
            if error.code not in (429, 503) or attempt == 4:
                raise SystemExit(f"{error.code}: {error.read().decode()}")
            time.sleep(float(error.headers.get("Retry-After", "1")))
        except (OSError, http.client.HTTPException) as error:
            # No connection, or it broke, perhaps in the middle of the answer: the API may be restarting.
            if attempt == 4:
                raise SystemExit(f"{address}: {error}")
            time.sleep(1 + attempt)


def main():
    # With the same key, the request can be sent again at any time: it stays one generation.
    request = {"provider": "pika", "prompt": "paper boats on a river of ink", "priority": 2}
    generation = json.loads(call("POST", "/v1/generations", request, {"Idempotency-Key": str(uuid.uuid4())}))
    while generation["state"] not in AT_REST:
        time.sleep(0.5)
        generation = json.loads(call("GET", "/v1/generations/" + generation["id"]))
        print(generation["state"], file=sys.stderr)
    if generation["state"] != "succeeded":
        raise SystemExit(f"{generation['state']}: {generation.get('failure')}")
    video = generation["videos"][0]
    content = call("GET", video["url"])
    whole = hashlib.sha256(content).hexdigest() == video["sha256"]
    print(json.dumps({"id": generation["id"], "state": generation["state"], "bytes": len(content), "whole": whole}))


main()
