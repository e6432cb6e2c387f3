#!/usr/bin/env bash
# Two worlds on one server: each has its own seed, objects and journal, so that tests that run
# side by side can't meet. A world is made by its first use, no header is needed.
#
# Run:  fakeai server          (in another terminal)
#       examples/curl/worlds_and_journal.sh
set -euo pipefail
url=${OPENAI_BASE_URL:-http://127.0.0.1:8000/v1}
server=${url%/v1}

ask() { # world
  curl -sS --fail-with-body "$server/w/$1/v1/responses" \
    -H 'content-type: application/json' \
    -d '{"model": "gpt-4o", "input": "Tell me something surprising."}'
}

echo '--- the same question in two worlds'
red=$(ask red)
ask blue
echo "$red"

echo '--- what one world holds, the other has never heard of'
id=$(grep -o 'resp_[0-9a-f]*' <<<"$red" | head -n 1)
curl -sS "$server/w/blue/v1/responses/$id"

echo
echo '--- what was called in the world red, newest first'
curl -sS --fail-with-body "$server/w/red/_fakeai/journal"

echo
echo '--- and a fresh start for it'
curl -sS --fail-with-body -X POST "$server/w/red/_fakeai/reset"
