"""One training in several processes: torchrun starts them, each learns from its own windows, their gradients are averaged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel


@contextmanager
def joined(device: str) -> Iterator[bool]:
    """Join the processes that torchrun started and yield whether this is the first, which alone may write; so is one that runs alone.

    Args:
        device: ``auto``, ``cpu`` or ``cuda``. Processes with a GPU each speak NCCL, the others Gloo.
    """
    if not distributed.is_torchelastic_launched():
        yield True
        return
    distributed.init_process_group("nccl" if device != "cpu" and torch.cuda.is_available() else "gloo")
    try:
        yield rank() == 0
    finally:
        distributed.destroy_process_group()


def rank() -> int:
    """Return the number of this process, 0 for the first or only one."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def processes() -> int:
    """Return how many processes train together, 1 for one alone."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def cuda_device() -> str:
    """Return this process's own GPU."""
    return f"cuda:{distributed.get_node_local_rank()}" if processes() > 1 else "cuda"


def averaging(network: nn.Module) -> nn.Module:
    """Return the network to call while learning: it starts as the first process's does, and its gradients are the mean of all."""
    return DistributedDataParallel(network) if processes() > 1 else network
