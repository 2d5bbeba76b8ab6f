#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Golden cases of the codec's decoder side from the public Python implementation, at sizes unlike the released.

    pip install torch==2.6.0 transformers==4.57.1 vector-quantize-pytorch==1.27.15 safetensors
    PYTHONPATH=HEARTLIB/src python make_codec.py FOLDER        (HEARTLIB: a checkout of the public heartlib)

Writes FOLDER/codec-small and FOLDER/cases. 5 codebooks of 40 entries, heads of width 6 and 12, one channel at the
outermost convolution. Each tolerance is ten times what the same code differs by in f64, its own f32 frequencies
of the time embedding included.
"""

import math
import sys

import torch
from heartlib.heartcodec.configuration_heartcodec import HeartCodecConfig
from heartlib.heartcodec.modeling_heartcodec import HeartCodec
from heartlib.heartcodec.models.transformer import PixArtAlphaCombinedFlowEmbeddings

from golden import save_case, save_checkpoint, seeded, smooth_noise, tolerance

NAME = "codec-small"
SIZES = dict(
    dim=20, codebook_size=40, codebook_dim=6, num_quantizers=5, attention_head_dim=6, in_channels=40,
    num_attention_heads=3, num_layers=2, num_layers_2=1, out_channels=10, latent_hidden_dim=5, init_channel=1,
)
H, C, D = SIZES["latent_hidden_dim"], SIZES["out_channels"], SIZES["dim"]
Q, W = SIZES["num_quantizers"], SIZES["attention_head_dim"] * SIZES["num_attention_heads"]
STEPS, GUIDANCE = 10, 1.25

f32_embedding = PixArtAlphaCombinedFlowEmbeddings.timestep_embedding


def embedding(self, timesteps, max_period=10000, scale=1000):
    """The public one, but all in f64 where its input is: it casts its frequencies to f32 otherwise."""
    if timesteps.dtype != torch.float64:
        return f32_embedding(self, timesteps, max_period, scale)
    half = self.flow_t_size // 2
    angle = timesteps[:, None] * torch.exp(-math.log(max_period) * torch.arange(half).double() / half) * scale
    return torch.cat([angle.cos(), angle.sin()], -1)


PixArtAlphaCombinedFlowEmbeddings.timestep_embedding = embedding


def make_codec(generator):
    model = HeartCodec(HeartCodecConfig(**SIZES)).float().eval()
    with torch.no_grad():
        for name, value in model.named_parameters():
            if name.endswith("activation.weight") or ".activation" in name:
                value.copy_(0.25 + 0.1 * torch.rand(value.shape, generator=generator))
            elif name.endswith("norm.weight"):
                value.copy_(1 + 0.1 * torch.randn(value.shape, generator=generator))
            elif name.endswith("original0"):
                continue  # after its direction
            elif name.endswith("bias"):
                value.copy_(0.05 * torch.randn(value.shape, generator=generator))
            elif value.dim() > 1:
                fan = value[0].numel()
                value.copy_(torch.randn(value.shape, generator=generator) / fan**0.5)
            else:
                value.copy_(torch.randn(value.shape, generator=generator))
        named = dict(model.named_parameters())
        for name, value in named.items():
            if name.endswith("original0"):
                direction = named[name[:-1] + "1"]
                norm = direction.flatten(1).norm(dim=1).reshape(value.shape)
                value.copy_(norm * (0.8 + 0.4 * torch.rand(value.shape, generator=generator)))
        for layer in model.flow_matching.vq_embed.layers:
            embed = layer._codebook.embed
            embed.copy_(torch.randn(embed.shape, generator=generator))
            layer._codebook.initted.fill_(True)
    return model


class Given(list):
    """Stands for torch.randn inside the public sampler: the numbers of the case, in order."""

    def __call__(self, *shape, **_):
        return self.pop(0)


def solve(model, codes, noise, context, steps, guidance, length=None, in_context=0):
    """inference_codes of the public code, with x after every step."""
    flow, steps_seen = model.flow_matching, []
    estimator = flow.estimator
    latents = noise.shape[1]
    original, torch.randn = torch.randn, Given([noise.clone()])
    v_of = []
    hook = estimator.register_forward_hook(lambda _, args, out: v_of.append((args[0], out)))
    try:
        result = flow.inference_codes(
            [codes[None]], context, latents if length is None else length, in_context,
            guidance_scale=guidance, num_steps=steps, scenario="other_seg",
        )
    finally:
        torch.randn = original
        hook.remove()
    for inputs, out in v_of:
        x = inputs[:1, :, :C]
        v = out[:1] + guidance * (out[1:] - out[:1]) if guidance > 1 else out
        steps_seen.append(x + v / steps)
    return result, steps_seen


def solve_masked(model, codes, noise, context, marks, steps, guidance):
    """The public loop with its slice "the first n latents" replaced by "where the mark is 1", so that context may
    stand on both sides. main() holds it to the public function where that can say the same."""
    flow = model.flow_matching
    features = flow.vq_embed.get_output_from_indices(codes.T[None])
    mu = flow.cond_feature_emb(features).repeat_interleave(2, 1)
    given = (marks == 1)[None, :, None]
    context, x, seen = torch.where(given, context, torch.zeros_like(context)), noise.clone(), []
    for step in range(steps):
        t = torch.full((2,), step / steps, dtype=noise.dtype)
        x = torch.where(given, (1 - (1 - 1e-6) * t[0]) * noise + t[0] * context, x)
        halves = [torch.cat([x, context, part], -1) for part in (torch.zeros_like(mu), mu)]
        v = flow.estimator(torch.cat(halves), timestep=t)
        x = x + (v[:1] + guidance * (v[1:] - v[:1])) / steps
        seen.append(x)
    return torch.where(given, context, x), seen, mu


@torch.no_grad()
def main(folder):
    generator = seeded(12)
    model = make_codec(seeded(11))
    double = make_codec(seeded(11)).double()
    config = {"model_type": "heartcodec", **HeartCodecConfig(**SIZES).to_dict()}
    config = {key: config[key] for key in config if key in SIZES or key.endswith(("factors", "sizes", "size"))
              or key in ("model_type", "num_samples", "sample_rate", "causal", "num_bands", "use_cosine_sim", "norm_type")}
    save_checkpoint(folder, NAME, config, model.state_dict())

    def randn(*shape):
        return torch.randn(*shape, generator=generator)

    def codes_of(frames):
        return torch.randint(0, SIZES["codebook_size"], (Q, frames), generator=generator)

    def save(name, kind, inputs, outputs, **facts):
        """`outputs` are pairs of f32 and f64, or a lone tensor that must match exactly."""
        tolerances = {f"tol.out.{key}": tolerance(*value) for key, value in outputs.items()
                      if isinstance(value, tuple)}
        plain = {key: value[0] if isinstance(value, tuple) else value for key, value in outputs.items()}
        save_case(folder, f"codec-small-{name}", kind, NAME, inputs, plain, **tolerances, **facts)

    def both(work):
        """`work(model, cast)` in f32 and in f64: a dict of pairs."""
        single, wide = work(model, lambda x: x), work(double, lambda x: x.double())
        return {key: (single[key], wide[key]) for key in single}

    flow = lambda m: m.flow_matching
    codes = codes_of(9)

    def features_of(m, c):
        return flow(m).vq_embed.get_output_from_indices(c.T[None])[0]

    save("rvq-decode", "codec-rvq-decode", {"codes": codes},
         both(lambda m, cast: {"features": features_of(m, codes)}))

    features = randn(60, D) * 2
    indices = flow(model).vq_embed(features[None])[1][0].T  # [Q, F]
    residual, margins = flow(model).vq_embed.project_in(features), []
    for q, layer in enumerate(flow(model).vq_embed.layers):
        entries = layer._codebook.embed[0]
        near = torch.cdist(residual, entries).topk(2, largest=False)[0]
        margins.append(near[:, 1] - near[:, 0])
        residual = residual - entries[indices[q]]
    margins = torch.stack(margins)
    sure = margins.amin(0) > 0.02
    save("rvq-encode", "codec-rvq-encode", {"features": features[sure]},
         {"codes": indices[:, sure], "margin": margins[:, sure]}, min_margin=0.02)

    mask = torch.tensor([1, 1, 1, 0, 2, 2, 0, 0] + [2] * 10)

    def conditioning(m, cast):
        mu = flow(m).cond_feature_emb(features_of(m, codes)).repeat_interleave(2, 0)
        masked = torch.where((mask > 0)[:, None], mu, flow(m).zero_cond_embedding1)
        return {"mu": mu, "mu_masked": masked}

    save("conditioning", "codec-conditioning", {"codes": codes, "mask": mask}, both(conditioning))

    t = torch.tensor([0.0, 0.1, 0.37, 0.9, 1.0])

    def time_embedding(m, cast):
        out = {}
        for suffix, part in (("1", flow(m).estimator.adaln_single), ("2", flow(m).estimator.adaln_single_2)):
            modulation, embedded = part(cast(t), hidden_dtype=cast(t).dtype)
            out |= {f"embedded_{suffix}": embedded, f"modulation_{suffix}": modulation}
        return {"sinusoid": flow(m).estimator.adaln_single.emb.timestep_embedding(cast(t)), **out}

    save("time-embedding", "codec-time-embedding", {"t": t}, both(time_embedding))

    x1, x2, m1, m2 = randn(1, 11, W), randn(1, 11, 2 * W), 0.5 * randn(1, 6 * W), 0.5 * randn(1, 12 * W)
    save("block", "codec-block", {"x_1": x1, "x_2": x2, "modulation_1": m1, "modulation_2": m2},
         both(lambda m, cast: {
             "y_1": flow(m).estimator.transformer_blocks[0](cast(x1), timestep=cast(m1)),
             "y_2": flow(m).estimator.transformer_blocks_2[0](cast(x2), timestep=cast(m2))}))

    x, context, mu, times = randn(3, 13, C), randn(3, 13, C), randn(3, 13, D), torch.tensor([0.0, 0.4, 0.95])

    def velocity(m, cast):
        seen = {}
        estimator = flow(m).estimator
        watch = [estimator.proj_in.register_forward_hook(lambda _, a, out: seen.update(proj_in=out)),
                 estimator.connection_proj.register_forward_hook(
                     lambda _, a, out: seen.update(connection=out, stage_1=a[0][..., 2 * C + D :]))]
        seen["v"] = estimator(torch.cat([cast(x), cast(context), cast(mu)], -1), timestep=cast(times))
        for hook in watch:
            hook.remove()
        return seen

    save("velocity", "codec-velocity", {"x": x, "context": context, "mu": mu, "t": times}, both(velocity))

    solve_codes, noise_of_solve, clean = codes_of(12), randn(1, 24, C), randn(1, 24, C)
    for name, in_context, length, steps, guidance in (
        ("left", 7, 24, STEPS, GUIDANCE), ("zero", 7, 20, STEPS, GUIDANCE), ("noguide", 0, 24, 4, 1.0),
    ):
        marks = torch.full((24,), 2)
        marks[length:] = 0
        marks[:in_context] = 1

        def solved(m, cast):
            result, seen = solve(m, solve_codes, cast(noise_of_solve), cast(clean), steps, guidance, length,
                                 in_context)
            mu = flow(m).cond_feature_emb(features_of(m, solve_codes)).repeat_interleave(2, 0)
            return {"latents": result, "mu": mu[None], "step_1": seen[0], "step_half": seen[steps // 2 - 1]}

        save(f"solve-{name}", "codec-solve",
             {"codes": solve_codes, "noise": noise_of_solve, "context": clean, "mask": marks}, both(solved),
             num_steps=steps, guidance_scale=guidance)

    def away_from_steps(latents):
        ninths = latents * 9
        return (ninths - ninths.floor() - 0.5).abs() > 0.05

    def latents_of(frames, width):
        drawn = 0.8 * randn(frames, width)
        return torch.where(away_from_steps(drawn), drawn, (drawn * 9).round() / 9)

    scalar = lambda m: m.scalar_model
    mono, stereo = latents_of(4, H), latents_of(5, C)
    mono[0, 0], mono[1, 1], mono[2, 0] = 0.5, -0.5, 1.7  # ties, and beyond full scale

    def decoded(m, latents):
        """[L, A·H] -> [A, S], one channel after the other."""
        each = latents.reshape(len(latents), -1, H).permute(1, 2, 0)
        return scalar(m).decode(each)[:, 0]

    save("scalar-decode-mono", "codec-scalar-decode", {"latents": mono},
         both(lambda m, cast: {"wave": decoded(m, cast(mono))}), channels=1)

    def decode_stereo(m, cast):
        seen = {}
        watch = [scalar(m).decoder[i].register_forward_hook(lambda _, a, out, i=i: seen.update({f"layer_{i}": out}))
                 for i in range(2)]
        wave = decoded(m, cast(stereo))
        for hook in watch:
            hook.remove()
        return {"wave": wave, "rounded": (cast(stereo) * 9).round() / 9, **seen}

    save("scalar-decode-stereo", "codec-scalar-decode", {"latents": stereo}, both(decode_stereo), channels=2)

    for name, channels, samples in (("mono", 1, 5771), ("stereo", 2, 6101)):
        wave = smooth_noise(generator, channels, samples)

        def encoded(m, cast):
            seen = {}
            hook = scalar(m).encoder[1].register_forward_hook(lambda _, a, out: seen.update(head=out[..., :400]))
            latents = scalar(m).encode(cast(wave)[:, None])  # [A, H, L]
            hook.remove()
            return {"latents": latents.permute(2, 0, 1).flatten(1), "layer_1_head": seen["head"]}

        save(f"scalar-encode-{name}", "codec-scalar-encode", {"wave": wave}, both(encoded), channels=channels)

    # The public detokenize draws its noise 256 wide, so its loop is followed here with the functions it calls.
    window, hop, latents_long, kept = 93, 80, 186, 26
    for name, frames, windows in (("short", 3, 1), ("two", 97, 2)):
        song = codes_of(frames)
        total = window + (windows - 1) * hop
        filled = song
        while filled.shape[1] < total:
            filled = torch.cat([filled, filled], 1)
        noise = randn(windows, latents_long, C)

        def windows_of(m, cast):
            made = []
            for i in range(windows):
                context = torch.zeros(1, latents_long, C).to(cast(noise))
                if made:
                    context[:, :kept] = made[-1][:, -kept:]
                part = filled[:, i * hop : i * hop + window]
                made.append(solve(m, part, cast(noise[i : i + 1]), context, STEPS, GUIDANCE,
                                  in_context=kept if made else 0)[0])
            return torch.cat(made)

        own = (windows_of(model, lambda x: x), windows_of(double, lambda x: x.double()))

        def joined(m, latents):
            output, overlap = None, kept * 1920
            for one in latents:
                sound = decoded(m, one)
                if output is None:
                    output = sound
                    continue
                rise = torch.linspace(0, 1, overlap, dtype=torch.float64)
                output[:, -overlap:] = output[:, -overlap:] * (1 - rise) + sound[:, :overlap] * rise
                output = torch.cat([output, sound[:, overlap:]], 1)
            return output[:, : frames * 3840]

        wave = (joined(model, own[0]), joined(double, own[0].double()))
        facts = dict(num_steps=STEPS, guidance_scale=GUIDANCE, duration=7.44, window_codes=window,
                     hop_codes=hop, windows=windows)
        inputs, outputs = {"codes": song, "noise": noise}, {"latents": own}
        if windows == 1:
            save(f"detok-{name}", "codec-detokenize", inputs, {**outputs, "wave": wave}, **facts)
            continue
        length, seam = 960, (latents_long - kept) * 1920
        starts = [0, seam - 480, seam + 20000, seam + kept * 1920 - 480, frames * 3840 - length]
        slices = tuple(torch.stack([w[:, s : s + length] for s in starts]) for w in wave)
        save(f"detok-{name}", "codec-detokenize", inputs,
             {**outputs, "wave_slices": slices, "wave_length": torch.tensor([wave[0].shape[1]])},
             slice_length=length, slice_starts=",".join(map(str, starts)), **facts)

    left = torch.tensor([1] * 7 + [2] * 17)
    public, _ = solve(model, solve_codes, noise_of_solve, clean, STEPS, GUIDANCE, in_context=7)
    own, _, _ = solve_masked(model, solve_codes, noise_of_solve, clean, left, STEPS, GUIDANCE)
    assert float((public - own).abs().max()) < 1e-5
    marks = torch.tensor([1] * 6 + [2] * 11 + [1] * 7)

    def solved_both(m, cast):
        result, seen, mu = solve_masked(m, solve_codes, cast(noise_of_solve), cast(clean), marks, STEPS, GUIDANCE)
        return {"latents": result, "mu": mu, "step_1": seen[0], "step_half": seen[STEPS // 2 - 1]}

    save("solve-both", "codec-solve",
         {"codes": solve_codes, "noise": noise_of_solve, "context": clean, "mask": marks}, both(solved_both),
         num_steps=STEPS, guidance_scale=GUIDANCE)


if __name__ == "__main__":
    main(sys.argv[1])
