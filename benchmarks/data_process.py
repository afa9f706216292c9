"""One measured path in a process of its own: ``python -m benchmarks.data_process NAME ours|peer URL FOLDER SCALE`` prints its figures."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.data_paths import OURS, READ_ONLY, Bench, measure
from benchmarks.data_peers import PEERS


def main(name: str, side: str, url: str, folder: str, scale: str) -> None:
    paths = PEERS if side == "peer" else OURS
    print(json.dumps(measure(paths[name](Bench(url, Path(folder), float(scale))), twice=side == "ours" and name in READ_ONLY)))


if __name__ == "__main__":
    main(*sys.argv[1:])
