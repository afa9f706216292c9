"""The model registry: register, load, promote. A version is loaded from safetensors and JSON only, after its hash was checked.

The fleet has a registered model, and so has each group of sites that is to have a champion of its own: ``dayahead`` and, for the group
``region=west``, ``dayahead-region=west``. A version's name says which it belongs to: ``7``, or ``region=west:7``.
"""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pipeline.adapters.mlflow.addresses import public_url
from pipeline.adapters.mlflow.packaging import FORECASTER, Candidate, log_model
from pipeline.adapters.mlflow.tracking import connected
from pipeline.adapters.store import model_files
from pipeline.adapters.store.snapshots import Run
from pipeline.config import Settings
from pipeline.core.learning.state import LEARNT, State
from pipeline.core.models.contract import Forecaster
from pipeline.core.series.groups import FLEET, group_of, in_group, split_version
from pipeline.errors import ConfigurationError, ModelError, NoChampionError, ServiceError

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

log = logging.getLogger(__name__)

CHAMPION, CHALLENGER, PREVIOUS = "champion", "challenger", "previous_champion"
DESCRIPTION_LIMIT = 5000  # characters that the registry's database keeps


def find_version(settings: Settings, run: Run, content: str) -> str | None:
    """Return the version that this run registered with these very files; None where there is none yet."""
    with connected(settings) as client:
        found = client.search_model_versions(f"name = '{settings.model_of(run.group)}' and tag.content = '{content}'")
        mine = [item for item in found if item.tags.get("run") == run.folder]
    return in_group(run.group, max(mine, key=lambda item: int(item.version)).version) if mine else None


def register_version(settings: Settings, run: Run, run_id: str, candidate: Candidate) -> str:
    """Store a candidate as a version of its group's model, give it the alias ``challenger`` and return the version.

    Args:
        settings: Give the server and the registered model's name.
        run: The training, of the fleet or of a group.
        run_id: MLflow run that shows the training.
        candidate: The forecaster and what is told about it.
    """
    import mlflow

    model_files.check_plain(candidate.folder)
    own = {"content": model_files.content_hash(candidate.folder), "run": run.folder, "architecture": candidate.architecture}
    name = settings.model_of(run.group)
    with connected(settings) as client, mlflow.start_run(run_id=run_id):
        model_uri = log_model(client, settings, run_id, candidate)
        made = mlflow.register_model(model_uri, name, tags=candidate.tags | own)
        client.update_model_version(name, made.version, candidate.card[:DESCRIPTION_LIMIT])
        client.set_registered_model_alias(name, CHALLENGER, made.version)
    log.info("registered model=%s version=%s architecture=%s run_id=%s", name, made.version, candidate.architecture, run_id)
    return in_group(run.group, made.version)


def load_version(settings: Settings, version: str) -> tuple[Forecaster, str]:
    """Return a version's forecaster and its name.

    Args:
        settings: Give the server and the home with the cache.
        version: Its number, or an alias, in the model of the fleet or of the group that it names.

    Raises:
        ModelError: There is no such version, or its files are forbidden, changed or of another architecture version.
        ServiceError: The server does not answer.
    """
    with connected(settings) as client:
        rung = _rung(group_of(version), _entry(client, settings, version))
        _fetch(settings, rung)
    return _loaded(settings, rung)


def load_champion(settings: Settings, group: str = FLEET) -> tuple[Forecaster, str]:
    """Return a group's champion and its version; while the server is away or refuses us, the last one that this machine knew.

    Raises:
        NoChampionError: There is no champion yet.
        ModelError: Its files cannot be trusted.
        ServiceError: The server is away and this machine has never seen a champion.
    """
    return _load_rung(settings, group, CHAMPION)


def load_previous_champion(settings: Settings, group: str = FLEET) -> tuple[Forecaster, str]:
    """Return the version that was champion before the present one; errors as in ``load_champion``."""
    return _load_rung(settings, group, PREVIOUS)


def load_learnt(settings: Settings, version: str, file: str = LEARNT) -> State | None:
    """Return what the days before a version's registration taught, from this machine's copy; None where nothing lies beside its weights.

    Args:
        settings: Give the home.
        version: One that was loaded before.
        file: ``LEARNT``, or ``LEARNT_BEFORE`` for what was known before the test days of its own evaluation.

    Raises:
        ModelError: The file is cut or of another format.
    """
    path = model_files.folder_of(settings, version) / file
    return State.load(path) if path.exists() else None


def champion_version(settings: Settings, group: str = FLEET) -> str | None:
    """Return a group's champion; None where there is none yet."""
    with connected(settings) as client:
        return _version_of(client, settings, group, CHAMPION)


def standing_version(settings: Settings, group: str = FLEET) -> str | None:
    """Return the champion that answers for a group's sites: its own, or the fleet's; None where there is neither."""
    return champion_version(settings, group) or champion_version(settings)


def challenger_version(settings: Settings, group: str = FLEET) -> str | None:
    """Return a group's version with the alias ``challenger``; None where there is none, or it is champion."""
    with connected(settings) as client:
        challenger, champion = (_version_of(client, settings, group, alias) for alias in (CHALLENGER, CHAMPION))
    return challenger if challenger != champion else None


def previous_champion_version(settings: Settings, group: str = FLEET) -> str | None:
    """Return the version that a group's champion followed; None where it is the first."""
    with connected(settings) as client:
        entry = _entry_or_none(client, settings, in_group(group, CHAMPION))
        return (entry.tags.get(PREVIOUS) or None) if entry else None


def set_champion(settings: Settings, version: str, *, previous: str | None) -> None:
    """Move the alias ``champion`` of a version's model, note what it followed, and keep both versions' files here for the ladder.

    Raises:
        ModelError: There is no such version, or its files cannot be trusted; the alias stays where it was.
    """
    forecaster, version = load_version(settings, version)
    group, number = split_version(version)
    with connected(settings) as client:
        client.set_model_version_tag(settings.model_of(group), number, PREVIOUS, previous or "")
        client.set_registered_model_alias(settings.model_of(group), CHAMPION, number)
    _keep_ladder(settings, group)
    log.info("champion version=%s architecture=%s previous=%s", version, forecaster.name, previous)


def tag_version(settings: Settings, version: str, tags: dict[str, str]) -> None:
    """Set tags of a version."""
    group, number = split_version(version)
    with connected(settings) as client:
        for key, value in tags.items():
            client.set_model_version_tag(settings.model_of(group), number, key, value)


def run_of(settings: Settings, version: str) -> str:
    """Return the id of the MLflow run that a version came from."""
    with connected(settings) as client:
        return str(_entry(client, settings, version).run_id)


def tags_of(settings: Settings, version: str) -> dict[str, str]:
    """Return the tags of a version or alias."""
    with connected(settings) as client:
        return dict(_entry(client, settings, version).tags)


def description_of(settings: Settings, version: str) -> str:
    """Return the model card of a version, as its page shows it."""
    with connected(settings) as client:
        return str(_entry(client, settings, version).description or "")


def pictures_url(settings: Settings, run_id: str) -> str:
    """Return the address of a training's pictures."""
    with connected(settings) as client:
        experiment = client.get_run(run_id).info.experiment_id
    return f"{public_url(settings)}/#/experiments/{experiment}/runs/{run_id}/artifacts/figures"


def _load_rung(settings: Settings, group: str, rung: str) -> tuple[Forecaster, str]:
    try:
        with connected(settings) as client:
            rungs = _rungs(settings, client, group)
            model_files.note_ladder(settings, group, rungs)
            if rung in rungs:
                _fetch(settings, rungs[rung])
    except (ServiceError, ConfigurationError) as error:  # a changed password must not stop the forecast either
        rungs = model_files.noted_ladder(settings, group)
        if rung not in rungs:
            raise
        log.warning("loading this machine's own copy rung=%s version=%s reason=%s", rung, rungs[rung]["version"], error)
    if rung not in rungs:
        name = rung.replace("_", " ")
        raise NoChampionError(f"model {settings.model_of(group)} has no {name} yet; train_model makes one once it beats the seasonal naive")
    return _loaded(settings, rungs[rung])


def _keep_ladder(settings: Settings, group: str) -> None:
    """Fetch champion and previous champion, so that a day without the server finds both here."""
    for load in (load_champion, load_previous_champion):
        try:
            load(settings, group)
        except (ModelError, ServiceError) as error:  # the first champion follows none; the alias has moved in any case
            log.info("rung not kept reason=%s", error)


def _rungs(settings: Settings, client: MlflowClient, group: str) -> dict[str, dict[str, str]]:
    """Version and hash of a group's champion and of the one before it, as far as there are."""
    champion = _entry_or_none(client, settings, in_group(group, CHAMPION))
    previous = champion.tags.get(PREVIOUS) if champion else None
    entries = {CHAMPION: champion, PREVIOUS: _entry_or_none(client, settings, previous) if previous else None}
    return {name: _rung(group, entry) for name, entry in entries.items() if entry}


def _rung(group: str, entry: ModelVersion) -> dict[str, str]:
    return {"version": in_group(group, entry.version), "content": entry.tags.get("content", "")}


def _loaded(settings: Settings, rung: dict[str, str]) -> tuple[Forecaster, str]:
    version, content = rung["version"], rung["content"]
    return model_files.load_checked(model_files.folder_of(settings, version), content, f"version {version}"), version


def _fetch(settings: Settings, rung: dict[str, str]) -> None:
    """Keep a version's forecaster on this machine; every file of the version is checked, though only these are kept."""
    import mlflow

    group, number = split_version(rung["version"])

    def download(folder: Path) -> None:
        with TemporaryDirectory(prefix="dayahead-version-") as whole:
            mlflow.artifacts.download_artifacts(f"models:/{settings.model_of(group)}/{number}", dst_path=whole)
            model_files.check_plain(Path(whole))
            shutil.copytree(Path(whole, "artifacts", FORECASTER), folder, dirs_exist_ok=True)

    model_files.cached(settings, rung["version"], rung["content"], download)


def _version_of(client: MlflowClient, settings: Settings, group: str, alias: str) -> str | None:
    entry = _entry_or_none(client, settings, in_group(group, alias))
    return in_group(group, entry.version) if entry else None


def _entry(client: MlflowClient, settings: Settings, version: str) -> ModelVersion:
    entry = _entry_or_none(client, settings, version)
    if entry is None:
        group, name = split_version(version)
        model = settings.model_of(group)
        known = [item.version for item in client.search_model_versions(f"name = '{model}'")]
        raise ModelError(f"model {model} has no version {name!r}; it has {', '.join(map(str, known)) or 'none'}")
    return entry


def _entry_or_none(client: MlflowClient, settings: Settings, version: str) -> ModelVersion | None:
    """Return a version, by its number or an alias."""
    from mlflow.exceptions import MlflowException

    group, name = split_version(version)
    find = client.get_model_version if name.isdecimal() else client.get_model_version_by_alias
    try:
        return find(settings.model_of(group), name)
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):  # the second: an alias that was never set
            return None
        raise
