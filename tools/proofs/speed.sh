# Shared by the proofs of speed beside peers, which hold cells of tools/peers/table against bars. Sourced
# after lib.sh; "rounds" says how often. RESNET4J_PYTHON is a Python with the peers.
: "${RESNET4J_PYTHON:?set it to a Python that has torch, onnx and onnxruntime}"

# measure CELL: sets figures to the line of JSON of a fresh measurement, or to nothing where this
# machine or this Python cannot make it, which the line before has said then
measure() {
  local log
  log=$logs/$(basename "$0")-${1#*-}.log
  tools/peers/table --only "$1" --again --no-djl --no-render --rounds "$rounds" 2>&1 | tee "$log.part"
  figures=$(sed -n '/^{/p' "$log.part" | tail -n 1)
  if [ -n "$figures" ]; then mv "$log.part" "$log"; else rm "$log.part"; fi
}

# figure METRIC: of what was measured last
figure() {
  field "$1" <<<"$figures"
}

# train_bar NETWORK-PRECISION LEAST: pictures a second over those of the fastest of PyTorch's settings
train_bar() {
  measure "train-$1"
  if [ -n "$figures" ]; then
    bar "$1, images/s over the best of PyTorch's four" "$(figure ratio.best)" at-least "$2"
  else
    echo "info    $1: not measured (at least $2)"
  fi
}

# memory_bar NAME SETTING...: peak resident memory of that training over the least of these settings
memory_bar() {
  local name=$1 setting least=
  shift
  [ -n "$figures" ] || return 0
  for setting; do
    least=$(printf '%s\n' $least "$(figure "peak_rss_bytes.$setting")" | sort -g | head -n 1)
  done
  bar "$name, peak resident memory over the least of PyTorch's $*" \
    "$(awk -v a="$(figure peak_rss_bytes.resnet4j)" -v b="$least" 'BEGIN { printf "%.3f", a / b }')" at-most 1.0
}
