#!/usr/bin/env bash
# What the action does: calls Capstan with the inputs, reports beside each other in one folder, and ends with its exit code.
# Runs with the bash 3.2 of macOS, too.
set -u -o pipefail

arguments=()
add_lines() {
  local line
  while IFS= read -r line || [ -n "$line" ]; do
    [ -z "$line" ] || arguments+=("$line")
  done <<<"$1"
}

reports=$(mktemp -d "${RUNNER_TEMP:-/tmp}/capstan-XXXXXX") || exit 3
artifact=${INPUT_ARTIFACT:-capstan}
read -r -a command <<<"${INPUT_COMMAND:-npx capstan}"

if [ -n "${INPUT_MERGE:-}" ]; then
  arguments+=(report merge "$INPUT_MERGE")
else
  arguments+=(test)
  add_lines "${INPUT_SCENARIOS:-}"
  blob=capstan-blob.ndjson
  if [ -n "${INPUT_SHARD:-}" ]; then
    arguments+=(--shard "$INPUT_SHARD")
    artifact=$artifact-${INPUT_SHARD/\//-of-}
    blob=capstan-blob-${INPUT_SHARD/\//-of-}.ndjson
  fi
  arguments+=(--reporter "blob=$reports/$blob")
fi
arguments+=(--reporter list --reporter github)
arguments+=(--reporter "junit=$reports/junit.xml" --reporter "html=$reports/report.html")
add_lines "${INPUT_ARGS:-}"

"${command[@]}" "${arguments[@]}"
code=$?

{
  echo "exit-code=$code"
  echo "reports=$reports"
  echo "artifact=$artifact"
} >>"${GITHUB_OUTPUT:-/dev/null}"
exit "$code"
