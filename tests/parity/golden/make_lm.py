#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Golden cases of the language model from the public Python implementation, at sizes unlike the released ones.

    pip install torch==2.6.0 torchtune==0.4.0 torchao==0.9.0 transformers==4.57.1 safetensors
    PYTHONPATH=HEARTLIB/src python make_lm.py FOLDER        (HEARTLIB: a checkout of the public heartlib)

Writes FOLDER/lm-small (weights rounded to bf16; outputs are f32 arithmetic on the rounded values) and FOLDER/cases.
4 codebooks, grouped heads of width 12 and 20, three and one layers: whatever assumes a released size fails.
"""

import sys

import torch
from heartlib.heartmula import modeling_heartmula as public
from torchtune.models import llama3_2

from golden import save_case, save_checkpoint, seeded

K, V, TEXT, MUQ = 4, 83, 97, 7
BACKBONE = dict(num_layers=3, num_heads=6, num_kv_heads=3, embed_dim=72, intermediate_dim=100, max_seq_len=256)
DECODER = dict(num_layers=1, num_heads=2, num_kv_heads=1, embed_dim=40, intermediate_dim=56, max_seq_len=16)
BOS, EOS, AUDIO_EOS = 90, 91, 80
NAME = "lm-small"


def stack(sizes):
    return lambda: llama3_2.llama3_2(
        vocab_size=TEXT, attn_dropout=0.0, norm_eps=1e-5, rope_base=500_000, scale_factor=32, **sizes
    )


def make_model(generator):
    public.FLAVORS["small-backbone"] = stack(BACKBONE)
    public.FLAVORS["small-decoder"] = stack(DECODER)
    config = public.HeartMuLaConfig(
        backbone_flavor="small-backbone", decoder_flavor="small-decoder", text_vocab_size=TEXT,
        audio_vocab_size=V, audio_num_codebooks=K, muq_dim=MUQ,
    )
    model = public.HeartMuLa(config).float().eval()
    with torch.no_grad():
        for name, value in model.named_parameters():
            drawn = torch.randn(value.shape, generator=generator)
            if name.endswith("scale"):
                drawn = 1 + 0.1 * drawn
            elif "embed" in name or name.endswith("bias"):
                drawn = 0.3 * drawn
            elif name == "audio_head":
                drawn = drawn * 4 / value.shape[1] ** 0.5
            elif name == "codebook0_head.weight":
                drawn = drawn * 4 / value.shape[1] ** 0.5
            else:
                drawn = drawn / value.shape[-1] ** 0.5
            value.copy_(drawn.bfloat16().float())
        # Special codes never win a greedy choice.
        model.codebook0_head.weight[AUDIO_EOS - 2 :] = 0
        model.audio_head[:, :, AUDIO_EOS - 2 :] = 0
    return model


class Watch:
    """Runs the public generate_frame and keeps what it passes on the way."""

    def __init__(self, model, noise=None):
        self.model, self.noise, self.draws = model, noise, 0
        self.embeds, self.hidden, self.logits, self.first = [], [], [], []
        model.backbone.register_forward_pre_hook(lambda _, args: self.embeds.append(args[0].clone()))
        model.backbone.register_forward_hook(lambda _, args, out: self.hidden.append(out.clone()))
        model.codebook0_head.register_forward_hook(lambda _, args, out: self.first.append(out.clone()))
        self.sample = public.sample_topk
        public.sample_topk = self.keep
        public._multinomial_sample_one_no_sync = self.draw

    def keep(self, logits, topk, temperature):
        self.logits.append(logits.clone())
        return self.sample(logits, topk or V, temperature)

    def draw(self, probs):
        if self.noise is None:
            return torch.argmax(probs, dim=-1, keepdim=True).to(torch.int)
        q = self.noise.reshape(-1, V)[self.draws][None]
        self.draws += 1
        return torch.argmax(probs / q, dim=-1, keepdim=True).to(torch.int)


def prompt_of(tag_ids, lyrics_ids):
    """The public pipeline's prompt: BOS and EOS added where missing, the slot between."""

    def framed(ids):
        ids = list(ids)
        ids = ids if ids and ids[0] == BOS else [BOS, *ids]
        return ids if ids[-1] == EOS else [*ids, EOS]

    tags, lyrics = framed(tag_ids), framed(lyrics_ids)
    text = [*tags, 0, *lyrics]
    tokens = torch.zeros(len(text), K + 1, dtype=torch.long)
    tokens[:, -1] = torch.tensor(text)
    mask = torch.zeros_like(tokens, dtype=torch.bool)
    mask[:, -1] = True
    return tokens, mask, len(tags)


def run(model_seed, tokens, mask, muq, frames, cfg=1.0, history=None, noise=None, topk=1, temperature=1.0,
        stop=None):
    """Codes and all values on the way of `frames` frames; a model of its own, so that hooks do not pile up."""
    model = make_model(seeded(model_seed))
    public.sample_topk = ORIGINAL[0]
    watch = Watch(model, noise)
    rows = 2 if cfg > 1 else 1
    model.setup_caches(rows)
    if history is not None:
        audio = torch.cat([history, torch.zeros(len(history), 1, dtype=torch.long)], 1)
        audio_mask = torch.ones_like(audio, dtype=torch.bool)
        audio_mask[:, -1] = False
        tokens, mask = torch.cat([tokens, audio]), torch.cat([mask, audio_mask])
    tokens, mask = tokens.expand(rows, -1, -1), mask.expand(rows, -1, -1)
    position, made = tokens.shape[1], []
    segments, starts = torch.zeros(rows, MUQ), torch.full((rows,), muq)
    for frame in range(frames):
        first = frame == 0
        where = torch.arange(position) if first else torch.tensor([position + frame - 1])
        codes = model.generate_frame(
            tokens, mask, where.expand(rows, -1), temperature, topk, cfg,
            continuous_segments=segments if first else None, starts=starts if first else None,
        )
        if stop is not None and bool((codes[0] >= stop).any()):
            break
        made.append(codes[0].long())
        tokens = torch.cat([codes[:1].long(), torch.zeros(1, 1, dtype=torch.long)], 1)[:, None]
        mask = torch.ones_like(tokens, dtype=torch.bool)
        mask[..., -1] = False
        tokens, mask = tokens.expand(rows, -1, -1), mask.expand(rows, -1, -1)
    outputs = {"codes": torch.stack(made) if made else torch.zeros(0, K, dtype=torch.long)}
    frames_logits = torch.stack(watch.logits).reshape(-1, K, V)
    outputs["logits"] = frames_logits
    last = torch.stack([h[:, -1] for h in watch.hidden])
    outputs["hidden"] = last[:, 0]
    if cfg > 1:
        outputs["hidden_uncond"] = last[:, 1]
        outputs["logits0_cond"] = torch.stack(watch.first)[:, 0]
        outputs["logits0_uncond"] = torch.stack(watch.first)[:, 1]
    top = frames_logits.topk(2, -1)[0]
    margin = float((top[..., 0] - top[..., 1]).min())
    return outputs, margin, watch


ORIGINAL = [public.sample_topk]


@torch.no_grad()
def main(folder):
    generator = seeded(2)
    model = make_model(seeded(1))
    config = {
        "model_type": "heartmula", "text_vocab_size": TEXT, "audio_vocab_size": V,
        "audio_num_codebooks": K, "muq_dim": MUQ, "backbone": BACKBONE, "decoder": DECODER,
    }
    save_checkpoint(folder, NAME, config, model.state_dict(), dtype=torch.bfloat16)

    def ids(count):
        return torch.randint(1, 90, (count,), generator=generator).tolist()

    def frames(count):
        return torch.randint(0, AUDIO_EOS - 2, (count, K), generator=generator)

    tag_ids, lyrics_ids = ids(5), ids(9)
    tokens, mask, muq = prompt_of(tag_ids, lyrics_ids)
    facts = dict(text_bos_id=BOS, text_eos_id=EOS, muq_pos=muq)
    prompt = {"tokens": tokens, "mask": mask}

    _, _, watch = run(1, tokens, mask, muq, 1)
    _, _, guided = run(1, tokens, mask, muq, 1, cfg=2.0)
    save_case(folder, "lm-small-prompt", "prompt", NAME,
              {"tags_ids": torch.tensor(tag_ids), "lyrics_ids": torch.tensor(lyrics_ids)},
              {**prompt, "embeds": watch.embeds[0][0], "embeds_uncond": guided.embeds[0][1]}, **facts)

    history = frames(6)
    audio = torch.cat([history, torch.zeros(6, 1, dtype=torch.long)], 1)
    audio_mask = torch.ones_like(audio, dtype=torch.bool)
    audio_mask[:, -1] = False
    _, _, watch = run(1, tokens, mask, muq, 1, history=history)
    save_case(folder, "lm-small-prefill", "prefill", NAME,
              {"tokens": torch.cat([tokens, audio]), "mask": torch.cat([mask, audio_mask])},
              {"embeds": watch.embeds[0][0], "hidden": watch.hidden[0][0],
               "logits0": model.codebook0_head(watch.hidden[0][0])}, **facts)

    made = dict(audio_eos_id=AUDIO_EOS, temperature=1.0, topk=1)
    for cfg in (1.0, 1.5):
        outputs, margin, _ = run(1, tokens, mask, muq, 6, cfg)
        assert margin > 0.01, margin
        save_case(folder, f"lm-small-greedy-cfg{cfg}", "greedy", NAME, prompt, outputs,
                  cfg_scale=cfg, frames=6, min_margin=margin, **made, **facts)
        outputs, margin, _ = run(1, tokens, mask, muq, 4, cfg, history)
        assert margin > 0.01, margin
        save_case(folder, f"lm-small-continue-cfg{cfg}", "continue", NAME, {**prompt, "history": history},
                  outputs, cfg_scale=cfg, frames=4, min_margin=margin, **made, **facts)

    noise = torch.empty(5, K, V).exponential_(1, generator=generator)
    outputs, margin, _ = run(1, tokens, mask, muq, 5, noise=noise, topk=11, temperature=0.7)
    save_case(folder, "lm-small-sampled", "sampled", NAME, {**prompt, "noise": noise},
              {key: outputs[key] for key in ("codes", "logits")}, cfg_scale=1.0, temperature=0.7, topk=11,
              frames=5, min_margin=margin, audio_eos_id=AUDIO_EOS, **facts)

    # Ends at the first frame that holds a code above what frames before it hold.
    outputs, margin, _ = run(1, tokens, mask, muq, 12)
    highest = [int(row.max()) for row in outputs["codes"]]
    stop = max(highest[1:])
    ended = next(i for i, value in enumerate(highest) if value >= stop)
    assert ended > 0 and margin > 0.005, (highest, margin)
    save_case(folder, "lm-small-stop", "stop", NAME, prompt, {"codes": outputs["codes"][:ended]},
              cfg_scale=1.0, temperature=1.0, topk=1, max_frames=12, audio_eos_id=stop,
              min_margin=margin, **facts)

    long_history = frames(150)
    outputs, margin, _ = run(1, tokens, mask, muq, 3, history=long_history)
    assert margin > 0.01, margin
    _, _, watch = run(1, tokens, mask, muq, 1, history=long_history)
    positions = torch.tensor([0, 1, len(tokens), 80, 120, len(tokens) + 149])
    save_case(folder, "lm-small-long", "long", NAME,
              {**prompt, "history": long_history, "positions": positions},
              {"hidden": watch.hidden[0][0][positions],
               "logits0": model.codebook0_head(watch.hidden[0][0][positions]),
               "codes": outputs["codes"], "logits": outputs["logits"]},
              cfg_scale=1.0, temperature=1.0, topk=1, frames=3, min_margin=margin, **facts)

    gap, right = frames(5), frames(7)
    _, _, watch = run(1, tokens, mask, muq, 1, history=torch.cat([history, gap, right]))
    before = watch.hidden[0][0][len(tokens) + 10 : len(tokens) + 17]  # the states that predict `right`
    rows = [model.codebook0_head(before)]
    inputs = [before] + [model._embed_audio(k, right[:, k]) for k in range(K - 1)]
    made_by = make_model(seeded(1))  # without caches
    states = made_by.decoder(made_by.projection(torch.stack(inputs, 1)))
    rows += [states[:, k] @ made_by.audio_head[k - 1] for k in range(1, K)]
    logp = torch.stack(rows, 1).log_softmax(-1).gather(-1, right[..., None])[..., 0]
    save_case(folder, "lm-small-score", "score", NAME, {**prompt, "history": history, "gap": gap, "right": right},
              {"logp": logp, "logp0": logp[:, 0], "logp_sum": logp.sum(1)},
              cfg_scale=1.0, temperature=1.0, topk=0, **facts)


if __name__ == "__main__":
    main(sys.argv[1])
