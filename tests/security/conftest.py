"""The bench of the fault tests serves here too."""

from tests.faults.conftest import bench

__all__ = ["bench"]
