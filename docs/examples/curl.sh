#!/usr/bin/env bash
# A course, a file, a question and a quiz with curl: ./curl.sh notes.md "Where does the oxygen come from?" >quiz.gift
set -euo pipefail
file=$1 question=$2
url=${LECTERN_URL:-http://127.0.0.1:8080}
call() { curl --silent --show-error --fail-with-body ${LECTERN_API_KEY:+-H "Authorization: Bearer $LECTERN_API_KEY"} "$@"; }
json() { call -H 'content-type: application/json' "$@"; }
# Prints one value of the JSON that comes in: pick 'documents[0].job_id'. (jq does the same.)
pick() { python3 -c 'import json, sys; value = json.load(sys.stdin)
for key in sys.argv[1].replace("[", ".").replace("]", "").split("."):
    value = value[int(key) if key.isdigit() else key]
print(value)' "$1"; }

course=$(json "$url/api/v1/courses" -d '{"title": "Biology"}' | pick id)
job=$(call "$url/api/v1/courses/$course/documents" -F "file=@$file" | pick 'documents[0].job_id')

# A job's events end when it does.
call --no-buffer "$url/api/v1/jobs/$job/events" >&2
[ "$(call "$url/api/v1/jobs/$job" | pick state)" = 'done' ]

body=$(python3 -c 'import json, sys; print(json.dumps({"question": sys.argv[1]}))' "$question")
answer=$(json "$url/api/v1/courses/$course/ask" -d "$body")
pick answer <<<"$answer" >&2
pick 'citations[0].quote' <<<"$answer" >&2

queued=$(json "$url/api/v1/courses/$course/quizzes" -d '{"count": 3, "kinds": ["multiple_choice", "cloze"], "seed": 1}')
call --no-buffer "$url/api/v1/jobs/$(pick job_id <<<"$queued")/events" >&2
call "$url/api/v1/quizzes/$(pick quiz_id <<<"$queued")/export?format=gift"
