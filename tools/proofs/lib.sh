# Shared by the proofs: where results go and how a figure is held against its bar. Sourced, not run.
# Rows are date,commit,machine,command,seed,model,recipe,metric,value; logs lie beside them.
set -euo pipefail
export LC_ALL=C.UTF-8
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
results=docs/results
logs=$results/logs
data=${RESNET4J_DATA:-$HOME/.cache/resnet4j/data}
mkdir -p "$logs"
failed=0

commit() {
  local changed=
  git diff --quiet HEAD -- . ':!docs' ':!*.md' 2>/dev/null || changed=+changes
  echo "$(git rev-parse --short HEAD)$changed"
}

machine() {
  local model
  model=$(awk -F': *' '/^model name/ {print $2; exit}' /proc/cpuinfo)
  local family
  family=$(awk -F': *' '/^cpu family/ {f=$2} /^model\t/ {m=$2} END {print f "/" m}' /proc/cpuinfo)
  echo "$(nproc) x ${model//,/} ($family)"
}

# has_bf16: whether the processor multiplies bf16 numbers
has_bf16() {
  grep -q 'avx512_bf16\|amx_bf16' /proc/cpuinfo
}

# csv FIELD...: a line of comma-separated values (RFC 4180)
csv() {
  local line='' field
  for field; do
    [[ $field != *[\",$'\n']* ]] || field="\"${field//\"/\"\"}\""
    line+=,$field
  done
  echo "${line#,}"
}

# row FILE COMMAND SEED MODEL RECIPE METRIC VALUE
row() {
  local file=$results/$1.csv
  [ -e "$file" ] || echo "date,commit,machine,command,seed,model,recipe,metric,value" >"$file"
  csv "$(date -u +%F)" "$(commit)" "$(machine)" "${@:2:6}" >>"$file"
}

# rows FILE: its rows with tabs between their fields, for awk
rows() {
  python3 -c 'import csv, sys
for row in csv.reader(open(sys.argv[1], newline="")): print("\t".join(row))' "$results/$1.csv"
}

# bar WHAT FIGURE at-least|at-most BAR: says whether the figure holds, and remembers if not
bar() {
  local verdict=ok
  awk -v a="$2" -v b="$4" -v how="$3" \
    'BEGIN { exit !(a != "" && a == a + 0 && (how == "at-least" ? a >= b : a <= b)) }' || verdict=MISSED
  [ "$verdict" = ok ] || failed=1
  printf '%-7s %s: %s (%s %s)\n' "$verdict" "$1" "$2" "${3/-/ }" "$4"
}

# numbers EXPERIMENT FOLDER: keeps every number that an experiment of the lab measured beside the rows
numbers() {
  mkdir -p "$results/lab"
  cp "$2/results.csv" "$results/lab/$1.csv"
}

# field NAME: a field of the JSON object on standard input
field() {
  python3 -c 'import json,sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"
}

# median: of the numbers on standard input, a line each
median() {
  sort -g | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

finish() {
  exit "$failed"
}
