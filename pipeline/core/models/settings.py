"""Settings of a forecaster as people give them: plain JSON values, checked against what its own dataclass says of each field."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_type_hints

from pipeline.errors import ModelError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")
KINDS = {int: "a whole number", float: "a number", bool: "true or false"}
PRESET = "preset"  # beside further settings, which win


@dataclass(frozen=True)
class Within:
    """Bounds of a number, both allowed; stands in the annotation of a field: ``Annotated[int, Within(1, 64)]``."""

    least: float
    most: float


def checked(name: str, defaults: T, given: Mapping[str, Any]) -> T:
    """Return ``defaults`` with what is given.

    Args:
        name: Of the forecaster, for the message.
        defaults: A dataclass; a field that is a number names its bounds.
        given: Plain JSON values by field.

    Raises:
        ModelError: A field is unknown, or its value is of another type or out of bounds.
    """
    known = asdict(defaults)
    if unknown := [key for key in given if key not in known]:
        raise ModelError(f"{name} does not know these settings: {', '.join(unknown)}; expected some of {', '.join(known)}")
    hints = get_type_hints(type(defaults), include_extras=True)
    for key, value in given.items():
        expected = _expected(hints[key], value)
        if expected:
            raise ModelError(f"{name}: {key}={value!r}; expected {expected}")
    return replace(defaults, **given)


def read_asked(name: str, asked: str | Mapping[str, Any], presets: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return settings that somebody asked for: JSON, the name of a preset, or JSON that names one as ``preset`` and goes on from it.

    Raises:
        ModelError: It is neither, or no such preset is there.
    """
    found = _parsed(asked)
    if isinstance(found, str):
        found = {PRESET: found}
    if not isinstance(found, dict):
        raise ModelError(f'settings of {name} are {asked!r}; expected a JSON object such as {{"hidden": 64}}, or the name of a preset')
    preset = found.pop(PRESET, None)
    if preset is not None and (not isinstance(preset, str) or preset not in presets):
        there = f"it has {', '.join(presets)}" if presets else "it has none"
        raise ModelError(f'{preset!r} is neither JSON such as {{"hidden": 64}} nor a preset of {name}: {there}')
    return dict(presets[preset] if preset else {}) | found


def _parsed(asked: str | Mapping[str, Any]) -> Any:
    if not isinstance(asked, str):
        return dict(asked)
    try:
        return json.loads(asked) if asked.strip() else {}
    except ValueError:
        return asked.strip()


def _expected(hint: Any, value: Any) -> str:
    """Return what a field expects, in words; empty where the value is that."""
    kind, *rest = get_args(hint) or [hint]
    if kind not in KINDS:  # names, or null to let validation decide
        fits = value is None or (isinstance(value, list) and all(isinstance(name, str) for name in value))
        return "" if fits else "a list of names, or null"
    fits = type(value) is kind or (kind is float and type(value) is int and math.isfinite(value))
    within = next((each for each in rest if isinstance(each, Within)), None)
    if fits and (within is None or within.least <= value <= within.most):
        return ""
    return KINDS[kind] + (f" from {within.least:g} to {within.most:g}" if within else "")
