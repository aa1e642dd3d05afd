# Shared by the proofs of serving: a model, a server, requests. Sourced after lib.sh.
work=$(mktemp -d)
server=
stop_server() {
  [ -z "$server" ] || { kill "$server" 2>/dev/null; wait "$server" 2>/dev/null || true; }
  server=
}
trap 'stop_server; rm -rf "$work"' EXIT

# tiny_model: a network trained for a moment on drawn pictures, at $work/model.safetensors
tiny_model() {
  ./resnet4j train --model resnet20 --data synthetic --steps 20 --precision f32 --out "$work/run" -q
  cp "$work/run/last.safetensors" "$work/model.safetensors"
}

# start_server ARGUMENT...: sets server (its process) and url
start_server() {
  # Emptied here: the one in the background may not have come to it when the next line is read.
  : >"$work/out"
  # The launcher becomes the Java process, so that signals reach it.
  ./resnet4j serve --port 0 "$@" >"$work/out" 2>>"$work/err" &
  server=$!
  for _ in $(seq 600); do
    ! grep -q '^serving on' "$work/out" || break
    kill -0 "$server" 2>/dev/null || { cat "$work/err" >&2; exit 1; }
    sleep 0.1
  done
  url=$(sed -n 's/^serving on //p' "$work/out")
}

# await_model NAME: until it is served; files just copied into a folder are looked at twice first
await_model() {
  for _ in $(seq 300); do
    ! curl -sf -o /dev/null "$url/v2/models/$1/ready" || return 0
    sleep 0.1
  done
  echo "model $1 is not ready after half a minute" >&2
  return 1
}

# tensor_request C H W: writes $work/request of one picture, sets header (bytes of JSON)
tensor_request() {
  header=$(python3 - "$work/request" "$@" <<'P'
import json, random, struct, sys
shape = [1] + [int(v) for v in sys.argv[2:5]]
count = shape[1] * shape[2] * shape[3]
head = json.dumps({"inputs": [{"name": "images", "shape": shape, "datatype": "FP32",
    "parameters": {"binary_data_size": 4 * count}}],
    "outputs": [{"name": "logits", "parameters": {"binary_data": True}}]}).encode()
draw = random.Random(1)
with open(sys.argv[1], "wb") as out:
    out.write(head + struct.pack(f"<{count}f", *(draw.gauss(0, 1) for _ in range(count))))
print(len(head))
P
  )
}

# picture: writes $work/picture.png
picture() {
  python3 - "$work/picture.png" <<'P'
import struct, sys, zlib
w = h = 96
rows = b"".join(b"\0" + bytes((x * 2 + y) % 256 for x in range(3 * w)) for y in range(h))
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
with open(sys.argv[1], "wb") as out:
    out.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 8, 2, 0, 0, 0))
              + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
P
}

# metric NAME: its value now, summed over labels
metric() {
  curl -s "$url/metrics" | awk -v n="$1" '$1 == n || index($1, n "{") == 1 { s += $2 } END { print s + 0 }'
}

# resident: megabytes of the server's process
resident() {
  awk '/^VmRSS/ { print int($2 / 1024) }' "/proc/$server/status"
}
