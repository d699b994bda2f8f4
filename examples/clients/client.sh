#!/bin/sh
# Enqueues a batch, follows it to its end, and fetches the videos: with curl alone.
# DAILIES_URL: where the API is. DAILIES_KEY: an API key, where it needs one.
set -eu
URL=${DAILIES_URL:-http://127.0.0.1:3000}
URL=${URL%/}
BATCH=${1:-curl-$$}
# Asks again while the API, or Redis behind it, is away or has too much to do.
call() { curl --retry 5 --retry-connrefused --location --silent --show-error --fail-with-body ${DAILIES_KEY:+--header "Authorization: Bearer $DAILIES_KEY"} "$@"; }

# The same lines again are the same work: nothing is paid twice.
call --header 'Content-Type: application/x-ndjson' --data-binary @- "$URL/v1/batches?batch=$BATCH" <<'LINES' >&2
{"provider":"luma","prompt":"morning fog over a harbour"}
{"provider":"pika","prompt":"paper boats on a river of ink"}
LINES
echo >&2

# Server-Sent Events; the stream ends when nothing moves by itself any more, or breaks off when the API is restarted: then it is asked for again.
follow() {
  call --no-buffer "$URL/v1/batches/$BATCH/events?until=finished" | {
    ENDED=1
    while read -r LINE; do
      case $LINE in 'event: '* | 'data: '*) printf '%s\n' "$LINE" >&2 ;; esac
      test "$LINE" != 'event: finished' || ENDED=0
    done
    exit $ENDED
  }
}
until follow; do
  sleep 2
  # Not there, or not for this key: the end.
  call --output /dev/null "$URL/v1/batches/$BATCH"
done

call "$URL/v1/batches/$BATCH/generations?state=succeeded" | grep -o '"url":"[^"]*/videos/[0-9]*"' | cut -d '"' -f 4 | while read -r VIDEO; do
  call --output /dev/null --write-out '%{url_effective} %{content_type} %{size_download} bytes\n' "$VIDEO"
done

# Not all of it succeeded: that is no success of this program either.
STANDS=$(call "$URL/v1/batches/$BATCH")
printf '%s' "$STANDS" | grep -q '"total":\([0-9]*\),.*"succeeded":\1,' || { printf '%s\n' "$STANDS" >&2; exit 1; }
