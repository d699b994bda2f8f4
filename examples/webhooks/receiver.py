"""Receives the webhooks of Dailies. Needs only Python 3.9 or newer.

    WEBHOOK_SECRET=whsec_... PORT=8080 python3 examples/webhooks/receiver.py
"""
import base64
import hashlib
import hmac
import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = base64.b64decode(os.environ.get("WEBHOOK_SECRET", "").removeprefix("whsec_"))
if not SECRET:
    # With an empty secret, anybody could sign.
    raise SystemExit("WEBHOOK_SECRET is not set: use the same as the workers, whsec_...")
FIVE_MINUTES = 300
MOST_BYTES = 1_000_000
seen = set()  # In a real service: a table with a unique key. The same event may come twice, with the same id.


def is_ours(headers, body: bytes) -> bool:
    """Whether the request was signed with our secret, is unchanged, and is not old. `body` is the raw bytes, not parsed JSON."""
    identity, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > FIVE_MINUTES:
        return False
    signed = f"{identity}.{timestamp}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(SECRET, signed, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(expected.encode(), one.encode()) for one in headers.get("webhook-signature", "").split(" "))


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers.get("content-length", 0))
        body = self.rfile.read(length) if length <= MOST_BYTES else b""
        ours = is_ours(self.headers, body)
        # Answer first and work later: after ten seconds without an answer, Dailies sends the event again.
        self.send_response(204 if ours else 401)
        self.end_headers()
        if ours:
            take(json.loads(body))

    def log_message(self, *_):
        pass


def take(event):
    if event["id"] in seen:
        return
    seen.add(event["id"])
    data = event["data"]
    if event["type"] == "batch.finished":
        print(event["type"], data["id"], "revision", event["revision"], data["counts"], flush=True)
    else:
        print(event["type"], data["id"], "round", event["round"], data["state"], flush=True)


server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", 8080))), Receiver)
print(f"listening on port {server.server_port}", flush=True)
server.serve_forever()
