"""Groups of sites with a model of their own, such as ``region=west``, and names of versions: ``7`` of the fleet's, ``region=west:7``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

FLEET = ""  # the group of every site that no other holds


def group_of_site(labels: Mapping[str, str], groups: Sequence[str]) -> str:
    """Return the first group whose label a site has; ``FLEET`` where there is none.

    Example:
        >>> group_of_site({"region": "west", "kind": "edge"}, ["kind=core", "region=west", "kind=edge"])
        'region=west'
    """
    return next((group for group in groups if labels.get(group.partition("=")[0]) == group.partition("=")[2]), FLEET)


def in_group(group: str, name: str) -> str:
    """Return the name of a version, or of an alias, of a group's model.

    Example:
        >>> in_group("region=west", "7"), in_group(FLEET, "7")
        ('region=west:7', '7')
    """
    return f"{group}:{name}" if group else name


def split_version(version: str) -> tuple[str, str]:
    """Return the group of a version, and its number or alias in that group's model.

    Example:
        >>> split_version("region=west:7"), split_version("7")
        (('region=west', '7'), ('', '7'))
    """
    group, _, name = version.rpartition(":")
    return group, name


def group_of(version: str) -> str:
    """Return the group of a version; ``FLEET`` of the fleet's."""
    return split_version(version)[0]
