"""What a fitted forecaster is made of, as text: its settings, and of every network the layers, their shapes and how many weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.core.models.contract import Forecaster

if TYPE_CHECKING:
    from torch import nn


def summary_of(forecaster: Forecaster) -> str:
    """Return the summary of a forecaster and of those inside it; networks that are built alike are shown once.

    It looks for what may stand beside the contract: ``networks`` and ``parts`` (other forecasters) by name, ``trees`` by quantile.
    """
    said = [f"{forecaster.name}\n" + "\n".join(f"  {name} = {value}" for name, value in forecaster.settings.items())]
    networks: dict[str, nn.Module] = getattr(forecaster, "networks", {})
    alike: dict[str, list[str]] = {}
    for name, network in networks.items():
        alike.setdefault(_table(network), []).append(name)
    said += [f"{_counted(names)}\n\n{table}" for table, names in alike.items()]
    if trees := getattr(forecaster, "trees", {}):
        said.append("trees: " + ", ".join(f"{quantile} {count}" for quantile, count in trees.items()))
    parts: dict[str, Forecaster] = getattr(forecaster, "parts", {})
    said += [f"{name}: {summary_of(part)}" for name, part in parts.items()]
    return "\n\n".join(said) + ("" if len(said) > 1 else "\n\nno network and no trees: a rule")


def _counted(names: list[str]) -> str:
    shown = ", ".join(name or "of all sites" for name in names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"network {shown}" if len(names) == 1 else f"{len(names)} networks, built alike: {shown}"


def _table(network: nn.Module) -> str:
    rows = [("layer", "kind", "shapes", "weights"), *_layers(network)]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    lines = ["  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3].rjust(12)]) for row in rows]
    total = sum(parameter.numel() for parameter in network.parameters())
    return "\n".join([*lines, f"{total:,} weights in all", "", repr(network)])


def _layers(network: nn.Module) -> Iterator[tuple[str, str, str, str]]:
    for name, layer in network.named_modules():
        own = list(layer.named_parameters(recurse=False))
        if own or not list(layer.children()):
            shapes = ", ".join(f"{key} {'×'.join(map(str, value.shape))}" for key, value in own)
            count = f"{sum(value.numel() for _, value in own):,}"
            yield name or "(whole)", f"{type(layer).__name__}({layer.extra_repr()})", shapes, count
