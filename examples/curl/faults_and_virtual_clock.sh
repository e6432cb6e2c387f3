#!/usr/bin/env bash
# Failures on demand, and an hour that passes at once.
#
# Run:  fakeai server --clock virtual --ttft 3600000     (in another terminal; the first token
#       examples/curl/faults_and_virtual_clock.sh         takes an hour of the server's time)
set -euo pipefail
url=${OPENAI_BASE_URL:-http://127.0.0.1:8000/v1}
server=${url%/v1}
body='{"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello."}]}'

echo '--- a rate limit, with the time to wait that an SDK keeps to'
curl -sS -i "$url/chat/completions" \
  -H 'content-type: application/json' -H 'x-fakeai-fault: 429; retry-after=2' -d "$body"

echo
echo '--- what time it is there, before and after an answer that takes an hour'
curl -sS --fail-with-body "$server/_fakeai/clock"
curl -sS --fail-with-body --max-time 10 "$url/chat/completions" -H 'content-type: application/json' -d "$body"
curl -sS --fail-with-body "$server/_fakeai/clock"

echo
echo '--- another day goes by'
curl -sS --fail-with-body -X POST "$server/_fakeai/clock" \
  -H 'content-type: application/json' -d '{"advance_seconds": 86400}'
