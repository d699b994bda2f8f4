#!/bin/sh
# Enqueues a batch, follows it until it is finished, and fetches the videos. Needs only curl.
# DAILIES_URL: the address of the API. DAILIES_KEY: an API key, if the API needs one.
set -eu
URL=${DAILIES_URL:-http://127.0.0.1:3000}
URL=${URL%/}
BATCH=${1:-curl-$$}
# Sends a request. Tries again, up to five times, while the API (or Redis behind it) is away or overloaded.
call() { curl --retry 5 --retry-connrefused --location --silent --show-error --fail-with-body ${DAILIES_KEY:+--header "Authorization: Bearer $DAILIES_KEY"} "$@"; }

# If the same lines are sent again, they are the same work: nothing is paid twice.
enqueue() {
  call --header 'Content-Type: application/x-ndjson' --data-binary @- "$URL/v1/batches?batch=$BATCH" <<'LINES' >&2
{"provider":"luma","prompt":"morning fog over a harbour"}
{"provider":"pika","prompt":"paper boats on a river of ink"}
LINES
}
TRIES=1
until enqueue; do
  # 18, 52 and 56 of curl: the connection broke before the end of the answer, so nobody knows whether the batch was accepted. It is sent again.
  case $? in 18 | 52 | 56) test "$TRIES" -lt 5 ;; *) exit 1 ;; esac
  TRIES=$((TRIES + 1))
  sleep 1
done
echo >&2

# Follows the Server-Sent Events. The stream ends when nothing moves any more. If it breaks before that, because the API restarts, it is asked for again.
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
  # If the batch is unknown, or not for this key, give up.
  call --output /dev/null "$URL/v1/batches/$BATCH"
done

call "$URL/v1/batches/$BATCH/generations?state=succeeded" | grep -o '"url":"[^"]*/videos/[0-9]*"' | cut -d '"' -f 4 | while read -r VIDEO; do
  call --output /dev/null --write-out '%{url_effective} %{content_type} %{size_download} bytes\n' "$VIDEO"
done

# Fail unless every generation succeeded.
STANDS=$(call "$URL/v1/batches/$BATCH")
printf '%s' "$STANDS" | grep -q '"total":\([0-9]*\),.*"succeeded":\1,' || { printf '%s\n' "$STANDS" >&2; exit 1; }
