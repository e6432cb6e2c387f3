#!/usr/bin/env bash
# A chat answer, whole and streamed, with nothing but curl.
#
# Run:  fakeai server          (in another terminal)
#       examples/curl/chat.sh
set -euo pipefail
url=${OPENAI_BASE_URL:-http://127.0.0.1:8000/v1}

curl -sS --fail-with-body "$url/chat/completions" \
  -H 'content-type: application/json' \
  -d '{"model": "gpt-4o", "messages": [{"role": "user", "content": "Say hello to Ada."}]}'
echo

# -N shows every event as it comes.
curl -sS -N --fail-with-body "$url/chat/completions" \
  -H 'content-type: application/json' \
  -d '{
    "model": "gpt-4o",
    "messages": [{"role": "user", "content": "Count to three."}],
    "max_completion_tokens": 5,
    "stream": true,
    "stream_options": {"include_usage": true}
  }'
