"""The members of ``gru_attention``: trained side by side, one thread each on a CPU, and asked together."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from pipeline.core.models.contract import ATTENTION_BANDS, QUANTILES, FitOptions, Origins, Progress
from pipeline.core.models.gru_attention.network import AttentionNetwork, banded
from pipeline.core.models.gru_attention.normalisation import Scale, denormalise, normalise_target
from pipeline.core.models.gru_attention.prior import fitted_prior
from pipeline.core.models.gru_attention.segments import NetworkSize
from pipeline.core.series.windows import Window, WindowGrid
from pipeline.core.training.calibration import weighted_quantile_loss
from pipeline.core.training.loop import Schedule, train
from pipeline.core.training.losses import pinball_loss
from pipeline.core.training.origins import Sampler
from pipeline.core.training.processes import processes, rank

LEARNT_STEPS = 4  # of each segment, drawn anew for every batch: neighbouring steps teach much the same
MOST_READINGS_AT_ONCE = 500_000  # of past readings in one forecasting batch: bounds memory at any step length, and stays near the caches


@dataclass(frozen=True)
class Lesson:
    """What every member learns from.

    Args:
        windows: The grid on its device.
        training: Origins to draw from.
        last_day: Target days after it are never touched.
        validation: Origins to choose weights by; none keeps the last averaged weights.
        batch: Windows per optimiser step.
        schedule: How long and how fast.
    """

    windows: WindowGrid
    training: Origins
    last_day: int
    validation: Origins
    batch: int
    schedule: Schedule


class Prediction(NamedTuple):
    """Mean quantiles ``(B, S, Q)``, attention ``(B, bands, L)`` and the bounds ``(B, 1, 1)`` of a forecast, in throughput."""

    quantiles: np.ndarray
    attention: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray


def fit_members(sizes: list[NetworkSize], lesson: Lesson, options: FitOptions) -> list[AttentionNetwork]:
    """Return the fitted members; on a CPU as many learn at once as there are cores, and the result does not depend on how many.

    Several processes learn one member after the other together, as does a GPU.

    Args:
        sizes: Shape of each.
        lesson: What they learn from.
        options: How; each member gets a seed and a checkpoint of its own.
    """
    lock = Lock()

    def fit_one(member: int) -> AttentionNetwork:
        torch.set_num_threads(1)  # a setting of each thread: small tensors gain more from members side by side
        return _fit_member(sizes[member], lesson, _options_of(options, member, len(sizes), lock))

    before = torch.get_num_threads()
    at_once = 1 if lesson.windows.device != "cpu" or processes() > 1 else min(len(sizes), os.cpu_count() or 1)
    try:
        with torch.random.fork_rng(devices=[]), ThreadPoolExecutor(at_once) as pool:
            return list(pool.map(fit_one, range(len(sizes))))
    finally:
        torch.set_num_threads(before)


def drop_checkpoints(members: int, options: FitOptions) -> None:
    """Remove the members' checkpoints once the whole fit is done; of several processes the first does."""
    for member in range(members if rank() == 0 else 0):
        if (path := _checkpoint(options, member)) is not None:
            path.unlink(missing_ok=True)


def _checkpoint(options: FitOptions, member: int) -> Path | None:
    path = options.checkpoint
    return path and path.with_name(f"{path.stem}.{member}{path.suffix}")


def _options_of(options: FitOptions, member: int, members: int, lock: Lock) -> FitOptions:
    """Give a member a seed and a checkpoint of its own, and its place in the one story of the training."""

    def report(line: Progress) -> None:
        with lock:
            done = member * line.iterations + line.iteration
            options.report(Progress(done, members * line.iterations, line.loss, line.validation, member + 1, members))

    return replace(options, seed=options.seed * 1000 + member, checkpoint=_checkpoint(options, member), report=report)


def _fit_member(size: NetworkSize, lesson: Lesson, options: FitOptions) -> AttentionNetwork:
    windows, training = lesson.windows, lesson.training
    sampler = Sampler(windows, training, lesson.last_day, size.context_days, lesson.batch)
    generator = torch.Generator().manual_seed(options.seed)
    network = AttentionNetwork(size, generator).to(windows.device)
    network.start_from(fitted_prior(lambda: sampler.draw(generator), size, len(np.unique(training.day))))
    levels = torch.tensor(QUANTILES, device=windows.device)

    def loss_of_batch(learner: nn.Module, generator: torch.Generator) -> Tensor:
        window = sampler.draw(generator)
        network.dropout.generator = generator
        offsets = torch.randperm(size.segment_steps, generator=generator)[:LEARNT_STEPS].sort().values.to(windows.device)
        output, steps = learner(window, offsets), size.steps_at(offsets)
        target = normalise_target(window.target[:, steps], output.scale)
        return pinball_loss(output.quantiles, target, window.target_observed[:, steps], levels)

    def score(candidate: nn.Module) -> float:
        return weighted_quantile_loss(predict([candidate], windows, lesson.validation).quantiles, windows, lesson.validation)

    train(network, loss_of_batch, score if len(lesson.validation) else None, lesson.schedule, options)
    return network


def predict(members: list[Any], windows: WindowGrid, origins: Origins, at_once: int = 1) -> Prediction:
    """Return what the members say on average; a member without a reading in its window is not asked, NaN where none has one.

    Args:
        members: The networks to ask.
        windows: The grid on its device.
        origins: What to forecast, ``B`` rows.
        at_once: How many batches are asked side by side, one thread each: small tensors gain nothing from threads of their own.
    """
    B, L = len(origins), windows.context_days
    into = Prediction(
        np.empty((B, windows.steps, len(QUANTILES)), np.float32),
        np.empty((B, ATTENTION_BANDS, L), np.float32),
        np.empty((B, 1, 1), np.float32),
        np.empty((B, 1, 1), np.float32),
    )
    parts = list(_parts(B, max(1, MOST_READINGS_AT_ONCE // (L * windows.steps))))
    if at_once == 1 or len(parts) == 1:
        for rows in parts:
            _answer(members, windows, origins, rows, into)
        return into

    def answer_alone(rows: slice) -> None:
        torch.set_num_threads(1)
        _answer(members, windows, origins, rows, into)

    before = torch.get_num_threads()
    try:
        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(answer_alone, parts))
    finally:
        torch.set_num_threads(before)
    return into


@torch.no_grad()
def _answer(members: list[Any], windows: WindowGrid, origins: Origins, rows: slice, into: Prediction) -> None:
    """Ask the members for some rows of the origins and write the answer into the same rows."""
    L = windows.context_days
    window = windows.gather(origins.site[rows], origins.day[rows], origins.unknown_steps[rows], L)
    said, paid, known, scales = zip(*(_ask(member, window, L) for member in members), strict=True)
    count = torch.stack(known).sum(0)  # (b, 1, 1)
    mean = sum(q * k for q, k in zip(said, known, strict=True)) / count
    share = torch.where(count > 0, sum(a * k for a, k in zip(paid, known, strict=True)) / count, paid[0])
    into.quantiles[rows], into.attention[rows] = mean.cpu().numpy(), share.cpu().numpy()
    into.lowest[rows] = torch.stack([scale.lowest for scale in scales]).amin(0).unsqueeze(-1).cpu().numpy()
    into.highest[rows] = torch.stack([scale.highest for scale in scales]).amax(0).unsqueeze(-1).cpu().numpy()


def _ask(member: AttentionNetwork, window: Window, context_days: int) -> tuple[Tensor, Tensor, Tensor, Scale]:
    """Return a member's quantiles, its attention over all ``context_days``, whether it knows a reading (1.0 or 0.0), and its scale."""
    days = member.size.context_days
    output = member(window.of_last(days))
    known = output.scale.known.unsqueeze(-1).float()
    return denormalise(output.quantiles, output.scale), F.pad(banded(output.attention), (context_days - days, 0)), known, output.scale


def _parts(count: int, at_once: int) -> Iterator[slice]:
    for first in range(0, count, at_once):
        yield slice(first, first + at_once)
