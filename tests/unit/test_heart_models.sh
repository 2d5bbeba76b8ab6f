#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# test_heart_models.sh HEART_MODELS REFERENCE SIDECARS: the verbs one after the other on a tiny random checkpoint, with
# the tokenizer of REFERENCE (tests/data/reference) and the codes of SIDECARS (tests/data/sidecar). Wants: statuses and
# sizes, no partial files.
set -eu
# Meson gives paths relative to where it runs.
models=$(realpath "$1") reference=$(realpath "$2") sidecars=$(realpath "$3")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() { echo "FAIL: $1" >&2; exit 1; }

cat > lm.json <<'JSON'
{"text_vocab_size": 4000, "audio_vocab_size": 202, "audio_num_codebooks": 8, "muq_dim": 16,
 "backbone": {"num_layers": 3, "num_heads": 6, "num_kv_heads": 2, "embed_dim": 96, "intermediate_dim": 256, "max_seq_len": 2048},
 "decoder": {"num_layers": 2, "num_heads": 4, "num_kv_heads": 2, "embed_dim": 128, "intermediate_dim": 192, "max_seq_len": 2048}}
JSON
cat > codec.json <<'JSON'
{"dim": 24, "codebook_size": 128, "codebook_dim": 8, "num_quantizers": 8, "attention_head_dim": 8,
 "in_channels": 368, "num_attention_heads": 2, "num_layers": 1, "num_layers_2": 1, "out_channels": 172,
 "sample_rate": 48000, "autoencoder": {"type": "transform", "hop": 480, "sub_frames": 4, "low_bins": 17,
 "bands": 14, "envelopes": 1, "top_hz": 20000}}
JSON
echo '{"version": "light1", "dim": 16, "num_layers": 1, "num_heads": 2}' > encoder.json

"$models" make-random --config lm.json --config codec.json --config encoder.json --checkpoint --name x \
  --tokenizer "$reference/tokenizer/tokenizer.json" --seed 3 made
"$models" inspect made || fail "a fresh checkpoint is not whole"
"$models" quantize --to bf16 made small
"$models" inspect small || fail "a converted checkpoint is not whole"
[ "$(stat -c %s small/HeartMuLa-x/model.safetensors)" -lt "$(stat -c %s made/HeartMuLa-x/model.safetensors)" ] ||
  fail "bf16 takes no less room"

"$models" generate --model made --tags rock --seconds 0.8 --seed 1 a.safetensors
"$models" generate --model made --tags rock --seconds 0.8 --seed 1 b.safetensors
cmp a.safetensors b.safetensors || fail "one seed gives two results"
"$models" decode --model made --steps 2 a.safetensors a.wav | grep -q '^0.80 s from 10 frames' || fail "length of the sound"
"$models" encode --model made a.wav c.safetensors | grep -q '^1[01] frames of 8 codes' || fail "length of the codes"
"$models" generate --model made --history c.safetensors --seconds 0.4 d.wav | grep -q '^5 frames' || fail "continuation"

# Codes from other tools: the same ones give the same sound in every format and order of axes.
"$models" decode --model made --steps 2 "$sidecars/int64-KT.safetensors" codes.wav
for other in int64-BTK-text.npy int64-BKT.pt pt-legacy.pt; do
  "$models" decode --model made --steps 2 "$sidecars/$other" other.wav
  cmp codes.wav other.wav || fail "$other sounds otherwise"
done
"$models" generate --model made --history "$sidecars/int16-KT.npy" --seconds 0.4 d.safetensors | grep -q '^5 frames' ||
  fail "history from numpy"

# What is wrong is said, with a status, and leaves nothing.
cp -r made/HeartMuLa-x wrong && sed -i 's/"embed_dim": 96/"embed_dim": 48/' wrong/config.json
if "$models" inspect wrong > wrong.txt; then fail "mis-shaped tensors pass"; fi
grep -q 'the config says' wrong.txt || fail "no word about shapes"
if "$models" decode --model made lm.json e.wav 2> error.txt; then fail "JSON passes for codes"; fi
if "$models" quantize --to q4 made q 2>> error.txt; then fail "q4 passes"; fi
if "$models" make-random --config lm.json made 2>> error.txt; then fail "a full folder is overwritten"; fi
[ "$(wc -l < error.txt)" -eq 3 ] || fail "three errors are not three lines"
[ ! -e e.wav ] && [ ! -e q ] && [ -z "$(find . -name '*.part*')" ] || fail "partial files"
