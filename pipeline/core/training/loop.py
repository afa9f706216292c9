"""The one training loop: AdamW, one cycle, averaged weights, validation in the second half, checkpoints without pickle."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from pipeline.core.models.contract import FitOptions, Progress
from pipeline.core.training.processes import averaging, cuda_device, rank

MOMENTS = ("exp_avg", "exp_avg_sq", "step")  # what AdamW keeps per parameter
REPORTS = 20  # lines of progress a training tells
SEEDS_APART = 1_000_003  # of the processes of one training


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to learn.

    Args:
        iterations: Optimiser steps.
        learning_rate: Peak of the one-cycle schedule.
        warmup: Share of the iterations that climbs to the peak.
        weight_decay: Of AdamW.
        clip: Largest norm of the gradient.
        averaging: Decay of the exponential moving average of the weights, which is what is validated and kept.
        validations: How often to validate, evenly over the second half; an early choice is a lucky one.
    """

    iterations: int
    learning_rate: float = 3e-3
    warmup: float = 0.15
    weight_decay: float = 0.01
    clip: float = 1.0
    averaging: float = 0.99
    validations: int = 5

    def rate_at(self, iteration: int) -> float:
        """Return the learning rate of an iteration: linear to the peak, then a cosine to nearly zero."""
        climb = max(1, round(self.warmup * self.iterations))
        if iteration < climb:
            return self.learning_rate * (iteration + 1) / climb
        passed = (iteration - climb) / max(1, self.iterations - climb)
        return self.learning_rate * max(0.001, 0.5 * (1 + math.cos(math.pi * passed)))

    def validates_after(self, iteration: int) -> bool:
        """Return whether the averaged weights are scored after this iteration (from 0); the last always is."""
        half = self.iterations // 2
        every = max(1, (self.iterations - half) // max(1, self.validations))
        return iteration + 1 == self.iterations or (iteration >= half and (self.iterations - 1 - iteration) % every == 0)


def device_of(options: FitOptions) -> str:
    """Return the device to fit on; ``auto`` is CUDA where it is there, and of several processes each takes a GPU of its own."""
    wanted = ("cuda" if torch.cuda.is_available() else "cpu") if options.device == "auto" else options.device
    return cuda_device() if wanted == "cuda" else wanted


def train(
    network: nn.Module,
    loss_of_batch: Callable[[nn.Module, torch.Generator], Tensor],
    validate: Callable[[nn.Module], float] | None,
    schedule: Schedule,
    options: FitOptions,
) -> list[Progress]:
    """Fit ``network`` in place, leave it with the best averaged weights and return its curve.

    Of several processes (``processes.joined``) each draws batches of its own; all end with the same weights.

    Args:
        network: Any module; its parameters are learnt, its buffers left alone.
        loss_of_batch: Draws a batch with the generator and returns the loss of the module it is given: the network, or what averages it.
        validate: Score of a network, lower is better; None keeps the last averaged weights.
        schedule: How long and how fast.
        options: ``seed`` seeds batches and dropout; with ``checkpoint`` an interrupted training goes on where it stopped and ends
            with the weights it would have had.
    """
    device = next(network.parameters()).device
    if device.type == "cuda":
        _prepare_gpu(device)
    learner = averaging(network)
    state = _State(network, schedule, options)
    with torch.random.fork_rng(devices=[torch.cuda.current_device()] if torch.cuda.is_available() else []):
        torch.manual_seed(state.seed)
        state.resume()
        for iteration in range(state.iteration, schedule.iterations):
            learner.train()
            loss = state.step(loss_of_batch(learner, state.generator), iteration)
            score = None
            if schedule.validates_after(iteration):
                score = state.choose(validate)
            state.tell(iteration, loss, score)
        if options.checkpoint:
            state.save(options.checkpoint)  # whole: a later member's interruption need not repeat this one
    network.load_state_dict(state.best, strict=False)
    network.eval()
    return state.curve


def _prepare_gpu(device: torch.device) -> None:
    """Let a GPU's tensor cores multiply in TF32: autocast would take cuDNN's GRU to half precision, whose gradients vanish unscaled."""
    torch.cuda.set_device(device)  # a setting of each thread
    torch.backends.cuda.matmul.fp32_precision = "tf32"  # cuDNN's own switch is on


class _State:
    """Everything an interrupted training needs to go on: weights, averages, moments, randomness, the best so far."""

    def __init__(self, network: nn.Module, schedule: Schedule, options: FitOptions) -> None:
        self.network, self.schedule, self.options = network, schedule, options
        self.parameters = dict(network.named_parameters())
        self.optimiser = torch.optim.AdamW(
            self.parameters.values(), schedule.learning_rate, betas=(0.9, 0.99), weight_decay=schedule.weight_decay, fused=True
        )
        self.average = {name: p.detach().clone() for name, p in self.parameters.items()}
        self.best = {name: p.detach().clone() for name, p in self.parameters.items()}
        self.best_score = math.inf
        self.seed = options.seed + SEEDS_APART * rank()
        self.generator = torch.Generator().manual_seed(self.seed)
        self.iteration = 0
        self.curve: list[Progress] = []
        self.saved_at = time.monotonic()

    def step(self, loss: Tensor, iteration: int) -> Tensor:
        """Take one optimiser step and move the average; return the loss ``()``, still on the device."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.schedule.rate_at(iteration)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.parameters.values(), self.schedule.clip)
        self.optimiser.step()
        decay = min(self.schedule.averaging, (1 + iteration) / (10 + iteration))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.values()), list(self.parameters.values()), 1 - decay)
        self.iteration = iteration + 1
        return loss.detach()

    def choose(self, validate: Callable[[nn.Module], float] | None) -> float | None:
        """Score the averaged weights and keep them where they are the best so far; without a score the last are kept."""
        score = None
        if validate is not None:
            live = {name: p.detach().clone() for name, p in self.parameters.items()}
            self.network.load_state_dict(self.average, strict=False)
            self.network.eval()
            with torch.no_grad():
                score = validate(self.network)
            self.network.load_state_dict(live, strict=False)
        if score is None or math.isnan(score) or score < self.best_score:
            self.best = {name: p.clone() for name, p in self.average.items()}
            self.best_score = self.best_score if score is None or math.isnan(score) else score
        return score

    def tell(self, iteration: int, loss: Tensor, score: float | None) -> None:
        """Report progress and the loss ``()`` now and then, and checkpoint when it is time."""
        every = max(1, self.schedule.iterations // REPORTS)
        if score is not None or iteration % every == 0 or iteration + 1 == self.schedule.iterations:
            self.curve.append(Progress(iteration + 1, self.schedule.iterations, float(loss), score))
            self.options.report(self.curve[-1])
        if self.options.checkpoint and time.monotonic() - self.saved_at >= self.options.checkpoint_seconds:
            self.save(self.options.checkpoint)
            self.saved_at = time.monotonic()

    def fingerprint(self) -> str:
        """Text that two trainings share only if one can go on from the other's checkpoint."""
        shapes = {name: list(p.shape) for name, p in self.parameters.items()}
        return json.dumps([asdict(self.schedule), self.options.seed, shapes], sort_keys=True)

    def save(self, path: Path) -> None:
        """Write the state as one safetensors file, aside and renamed; of several processes the first does."""
        if rank() > 0:
            return
        tensors = {f"average.{k}": v for k, v in self.average.items()} | {f"best.{k}": v for k, v in self.best.items()}
        for name, p in self.parameters.items():
            moments = self.optimiser.state[p]
            tensors |= {f"weight.{name}": p.detach()} | {f"{key}.{name}": moments[key] for key in MOMENTS}
        tensors |= {"random.batches": self.generator.get_state(), "random.dropout": torch.get_rng_state()}
        if torch.cuda.is_available():
            tensors["random.cuda"] = torch.cuda.get_rng_state()
        header = {"iteration": self.iteration, "best_score": self.best_score, "curve": [asdict(p) for p in self.curve]}
        aside = path.with_name(path.name + ".part")
        metadata = {"fingerprint": self.fingerprint(), "state": json.dumps(header)}
        # save_file would write a file of a random name first, which nobody removes where a kill comes between
        aside.write_bytes(save({k: v.contiguous() for k, v in tensors.items()}, metadata))
        aside.replace(path)
        self.options.keep(path)

    def resume(self) -> None:
        """Go on from the checkpoint where there is one of this very training; anything else is left aside."""
        path = self.options.checkpoint
        if path is None or not path.exists():
            return
        try:
            with safe_open(path, framework="pt") as file:
                header, tensors = file.metadata() or {}, {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        except (SafetensorError, OSError):
            return  # half a checkpoint of a killed machine is worth a fresh start, not a failure
        if header.get("fingerprint") != self.fingerprint():
            return
        self._restore(json.loads(header["state"]), tensors)

    def _restore(self, header: dict, tensors: dict[str, Tensor]) -> None:
        with torch.no_grad():
            for name, p in self.parameters.items():
                p.copy_(tensors[f"weight.{name}"])
                self.average[name].copy_(tensors[f"average.{name}"])
                self.best[name].copy_(tensors[f"best.{name}"])
                moments = {key: tensors[f"{key}.{name}"].to(p.device) for key in MOMENTS}
                self.optimiser.state[p] = moments
        self.generator.set_state(tensors["random.batches"])
        torch.set_rng_state(tensors["random.dropout"])
        if "random.cuda" in tensors and torch.cuda.is_available():
            torch.cuda.set_rng_state(tensors["random.cuda"])
        self.iteration, self.best_score = header["iteration"], header["best_score"]
        self.curve = [Progress(**line) for line in header["curve"]]
        for line in self.curve:
            self.options.report(line)  # who listens now has not heard the story so far
