#!/usr/bin/env bash
# Lighthouse on the page as the program serves it: performance, accessibility and best practices of three views, the median of
# RUNS (5) runs each, as on a slow phone (Lighthouse's default) and on a desk. Wants a quiet machine.
set -euo pipefail
cd "$(dirname "$0")/.."
binary="${CARGO_TARGET_DIR:-target}/release/lectern"
tools="${XDG_CACHE_HOME:-$HOME/.cache}/lectern/lighthouse"
export CHROME_PATH="${CHROMIUM:-/usr/bin/chromium}"
[ -x "$tools/node_modules/.bin/lighthouse" ] || npm install --silent --prefix "$tools" lighthouse@12.8.2
data=$(mktemp -d)
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; rm -rf "$data"' EXIT
"$binary" --data-dir "$data" ingest "Sample course" configs/sample/*.md >/dev/null
"$binary" --data-dir "$data" serve --port 0 >"$data/out" &
server=$!
until grep -q ready "$data/out"; do kill -0 "$server" || exit 1; sleep 0.1; done
url=$(awk '/ready/ {print $NF}' "$data/out")
course=$(curl -s "$url/api/v1/courses" | grep -o '"id":"[^"]*"' | head -1 | cut -d'"' -f4)

# The median of each score over the runs' reports.
median='const all = process.argv.slice(2).map((f) => JSON.parse(require("fs").readFileSync(f)).categories);
for (const [id, { title }] of Object.entries(all[0])) {
  const scores = all.map((c) => Math.round(100 * c[id].score)).sort((a, b) => a - b);
  console.log(`  ${title.padEnd(16)} ${scores[scores.length >> 1]}  (${scores.join(" ")})`);
}'
for form in mobile desktop; do
    for view in "" "courses/$course" "courses/$course/material"; do
        for run in $(seq "${RUNS:-5}"); do
            preset=$([ "$form" = mobile ] || echo --preset=desktop)
            "$tools/node_modules/.bin/lighthouse" "$url/#/$view" $preset --quiet --output=json --output-path="$data/$run.json" \
                --only-categories=performance,accessibility,best-practices \
                --chrome-flags="--headless=new --no-sandbox --disable-gpu" 2>"$data/log" || { cat "$data/log"; exit 1; }
        done
        echo "$form, /${view:+#/}${view/$course/…}"
        node -e "$median" - "$data"/[0-9]*.json
    done
done
