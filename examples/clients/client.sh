#!/bin/sh
# Enqueues a batch, follows it to its end, and fetches the videos: with curl alone.
# DAILIES_URL: where the API is. DAILIES_KEY: an API key, where it needs one.
set -eu
URL=${DAILIES_URL:-http://127.0.0.1:3000}
BATCH=${1:-curl-$$}
call() { curl --location --silent --show-error --fail-with-body ${DAILIES_KEY:+--header "Authorization: Bearer $DAILIES_KEY"} "$@"; }

# The same lines again are the same work: nothing is paid twice.
call --header 'Content-Type: application/x-ndjson' --data-binary @- "$URL/v1/batches?batch=$BATCH" <<'LINES' >&2
{"provider":"luma","prompt":"morning fog over a harbour"}
{"provider":"pika","prompt":"paper boats on a river of ink"}
LINES
echo >&2

# Server-Sent Events; the stream ends when nothing moves by itself any more.
call --no-buffer "$URL/v1/batches/$BATCH/events?until=finished" | grep '^event: \|^data: ' >&2

call "$URL/v1/batches/$BATCH/generations?state=succeeded" | grep -o '"url":"[^"]*/videos/[0-9]*"' | cut -d '"' -f 4 | while read -r VIDEO; do
  call --output /dev/null --write-out '%{url_effective} %{content_type} %{size_download} bytes\n' "$VIDEO"
done
