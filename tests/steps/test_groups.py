"""Groups of sites with a champion of their own: trained on their sites, decided about apart, asked first, and watched."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from pipeline.adapters.mlflow import registry
from pipeline.adapters.mlflow.addresses import version_url
from pipeline.adapters.postgres.database import connect
from pipeline.adapters.postgres.promotions import champion_on
from pipeline.adapters.store.snapshots import Run, Store
from pipeline.config import Settings
from pipeline.core.series.frames import from_sites, with_labels
from pipeline.core.series.grid import Grid
from pipeline.core.series.groups import group_of, in_group
from pipeline.errors import ConfigurationError, DataError, ModelError
from pipeline.steps.compare import compare
from pipeline.steps.decay import watch_champions
from pipeline.steps.evaluate import evaluate
from pipeline.steps.extract import extract
from pipeline.steps.features import features
from pipeline.steps.forecast import forecast
from pipeline.steps.plan import plan
from pipeline.steps.promote import decide_by_word, promote, promote_version, rollback
from pipeline.steps.publish import publish
from pipeline.steps.register import register
from pipeline.steps.retain import old_folders
from pipeline.steps.review import review_run
from pipeline.steps.shadow import shadow
from pipeline.steps.train import train
from pipeline.steps.validate import validate
from tests.fixtures.grids import make_grid

WEST, EAST = "region=west", "region=east"
LABELS = {"site-0": {"region": "west"}, "site-1": {"region": "west"}, "site-2": {"region": "east"}, "site-3": {}}
GRID = make_grid(sites=4, days=60)
LAST, TRAINED = GRID.day_at(60), GRID.day_at(40)
READINGS = "INSERT INTO dayahead.traffic (site, ts, throughput) SELECT %s, * FROM unnest(%s::timestamptz[], %s::float[])"
USED = "SELECT DISTINCT role, site, model_version FROM dayahead.forecasts ORDER BY 1, 2"


def run_of(purpose: str, day: date = LAST, group: str = "") -> Run:
    return Run(purpose, day, datetime.combine(day, datetime.min.time(), UTC), group=group)


DAY = run_of("forecast")


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Root of a store with a day of four sites ready to be forecast."""
    settings = Settings(home=tmp_path_factory.mktemp("day"))
    store = Store(settings.store_url)
    sites = store.put_frame(DAY, "sites", with_labels(from_sites(GRID.sites), LABELS))
    store.write_result(DAY, "extract", {"sites": sites})
    store.write_result(DAY, "features", {"grid": store.put(DAY, "grid", ".safetensors", GRID.save), "ladder": {}})
    return settings.store_url


@pytest.fixture
def grouped(governed: Settings, day: str) -> Settings:
    """Settings with two groups, and a day ready to be forecast."""
    return governed.model_copy(update={"groups": (WEST, EAST), "store": day})


@pytest.fixture
def version(grouped: Settings, uploaded):
    """Function that registers a version for a group, or for the fleet, as its challenger and returns it."""

    def leave(group: str = "") -> str:
        client, name = MlflowClient(grouped.tracking_url), grouped.model_of(group)
        try:
            client.get_registered_model(name)
        except MlflowException:
            client.create_registered_model(name)
        tags = uploaded.tags | {"cutoff": run_of("train", TRAINED).cutoff.isoformat(), "run": run_of("train", TRAINED, group).folder}
        made = client.create_model_version(name, uploaded.source, uploaded.run_id, tags=tags, model_id=uploaded.source.rsplit("/", 1)[-1])
        client.set_registered_model_alias(name, "challenger", made.version)
        return in_group(group, made.version)

    return leave


@pytest.fixture
def champions(grouped: Settings, version) -> tuple[str, str]:
    """Champion of the fleet, and of the group ``WEST``."""
    made = version(), version(WEST)
    for each in made:
        promote_version(grouped, each, "anna", "trial")
    return made


def forecast_by(settings: Settings) -> dict[str, tuple[str, str]]:
    """Who forecast each site: rung and version."""
    rows = Store(settings.store_url).get_frame(forecast(DAY, settings)["forecasts"])
    return {site: next(iter(set(zip(own["degradation"], own["model_version"], strict=True)))) for site, own in rows.groupby("site")}


def test_each_group_is_forecast_by_its_own_champion_and_all_others_by_the_fleets(grouped, champions):
    fleet, west = champions

    assert (fleet, west) == ("1", f"{WEST}:1")
    assert forecast_by(grouped) == {
        "site-0": ("none", west), "site-1": ("none", west), "site-2": ("none", fleet), "site-3": ("none", fleet),
    }  # fmt: skip
    assert Store(grouped.store_url).read_result(DAY, "forecast")["rungs"] == {"none": 4}


def test_the_fleets_champion_answers_where_a_groups_cannot_and_the_row_says_so(grouped, champions, caplog):
    fleet, west = champions
    (grouped.home / "models" / west / "config.json").write_text("{")
    MlflowClient(grouped.tracking_url).set_model_version_tag(grouped.model_of(WEST), "1", "content", "0" * 64)

    assert forecast_by(grouped)["site-0"] == ("fleet_champion", fleet)
    assert "rung does not stand rung=none" in caplog.text


def test_champions_of_groups_are_known_here_while_the_tracking_server_is_away(grouped, champions):
    fleet, west = champions

    found = forecast_by(grouped.model_copy(update={"tracking_url": "http://127.0.0.1:9"}))

    assert (found["site-0"], found["site-3"]) == (("none", west), ("none", fleet))


def test_decisions_about_a_group_leave_the_fleets_champion_alone(grouped, champions, version, run_sql):
    fleet, first = champions
    second = version(WEST)
    promote_version(grouped, second, "anna", "trial")

    assert rollback(grouped, "ben", "alarms", WEST) == first
    with pytest.raises(ModelError, match="has no previous champion to go back to; its champion is 1"):
        rollback(grouped, "ben", "alarms")
    decide_by_word(grouped, second, "shadow", "better", {"approved": False, "by": "ben", "reason": "not now"})

    assert (registry.champion_version(grouped, WEST), registry.champion_version(grouped)) == (first, fleet)
    assert run_sql("SELECT site_group, version, previous, decision FROM dayahead.promotions ORDER BY id") == [
        ("", "1", None, "promoted"),
        (WEST, first, None, "promoted"),
        (WEST, second, first, "promoted"),
        (WEST, first, second, "rolled_back"),
        (WEST, second, first, "rejected"),
    ]
    with connect(grouped, "writer") as connection:
        assert champion_on(connection, datetime.now(UTC).date(), group=WEST) == first


def test_challengers_of_groups_are_in_the_shadow_beside_the_champion_that_answers_for_their_sites(grouped, champions, version, run_sql):
    fleet, west = champions
    for group in ("", WEST, EAST):
        version(group)
    forecast(DAY, grouped)
    publish(DAY, grouped)

    shadow(DAY, grouped)

    assert run_sql(USED) == [
        ("challenger", "site-0", f"{WEST}:2"), ("challenger", "site-1", f"{WEST}:2"),
        ("challenger", "site-2", f"{EAST}:1"), ("challenger", "site-3", "2"),
        ("champion", "site-0", west), ("champion", "site-1", west), ("champion", "site-2", fleet), ("champion", "site-3", fleet),
    ]  # fmt: skip
    found = compare(DAY, grouped)
    assert found["asks"] == []
    assert [words.split(",")[0] for words in found["found"].split("; ")] == [
        "version 2 against champion 1",
        f"version {WEST}:2 against champion {west}",
        f"version {EAST}:1 against champion {fleet}",
    ]


def test_each_champion_is_watched_and_asks_for_a_training_of_its_own(grouped, champions, run_sql):
    _, west = champions
    forecast(DAY, grouped)
    Store(grouped.store_url).write_result(DAY, "publish", publish(DAY, grouped) | {"strains": {west: 0.4}})

    found = watch_champions(run_of("monitor"), grouped)

    assert found["watched"].startswith("version 1;")
    assert found["groups"][WEST]["watched"].startswith(f"version {west};")
    assert [asked["group"] for asked in found["trainings"]] == [WEST]
    assert run_sql("SELECT site_group, model_version FROM dayahead.retrainings") == [(WEST, west)]


def test_what_champions_of_groups_come_from_is_kept(grouped, champions):
    late = replace(DAY, purpose="retain", cutoff=DAY.cutoff + timedelta(days=300))

    assert old_folders(late, grouped)["models"] == []
    assert old_folders(late, grouped.model_copy(update={"groups": ()}))["models"] == [champions[1]]


def test_a_group_that_settings_do_not_name_is_refused(grouped):
    with pytest.raises(ConfigurationError, match=r"'region=north' is no group .* DAYAHEAD_GROUPS names region=west, region=east"):
        plan("train", grouped, asked=None, partition_key=None, at=DAY.cutoff, group="region=north")


def test_a_group_without_a_site_is_refused(grouped):
    with pytest.raises(DataError, match="no site is in the group region=west; expected one with this label"):
        extract(run_of("train", group=WEST), grouped)


def test_a_group_learns_from_its_sites_alone_is_held_against_the_fleets_champion_and_learns_on_by_itself(database, tracked, run_sql):
    """The whole journey of a group, with models that learn every day."""
    shared = {"tracking_url": tracked.tracking_url, "registered_model": tracked.registered_model, "context_days": 7}
    plain = database.model_copy(update=shared | {"test_days": 7, "validation_days": 5})
    grouped, store = plain.model_copy(update={"groups": (WEST, EAST)}), Store(plain.store_url)
    run_sql("SELECT dayahead.ensure_partition('traffic', d) FROM unnest(%s::date[]) AS days (d)", [GRID.day_at(d) for d in range(60)])
    for i, site in enumerate(GRID.sites):
        run_sql("INSERT INTO dayahead.sites (site, labels) VALUES (%s, %s::jsonb)", site.name, json.dumps(LABELS[site.name]))
        ts = [t for day in range(60) for t in GRID.instants(i, day)[0].to_pydatetime()]
        run_sql(READINGS, site.name, ts, GRID.throughput[i].ravel().astype(float).tolist())
    made = {}
    for group in ("", WEST):
        run = prepared(run_of("train", TRAINED, group), grouped)
        train(run, grouped, architecture="lightgbm", model_settings={"trees": 20, "leaves": 7, "most_rows": 2000})
        evaluate(run, grouped)
        made[group] = register(run, grouped)["version"]
        if not group:
            promote_version(grouped, made[group], "anna", "trial")

    grid: Grid = store.get(store.read_result(run, "features")["grid"], Grid.load)
    assert [site.name for site in grid.sites] == ["site-0", "site-1"]
    assert made == {"": "1", WEST: f"{WEST}:1"}
    assert run.folder.startswith(f"train-{WEST}/")
    assert version_url(grouped, made[WEST]).endswith("-region%3Dwest/versions/1")
    assert store.read_result(run, "evaluate")["champion_version"] == "1"
    assert review_run(run, grouped).subject == f"Make version {WEST}:1 champion, the first champion of {WEST}?"
    judged = promote(run, grouped)
    assert "wql over that of champion" in judged["reason"]

    promote_version(grouped, made[WEST], "anna", "trial")
    day = prepared(DAY, grouped)
    left = forecast(day, grouped)
    rows, mixture = store.get_frame(left["forecasts"]), store.get_frame(left["mixture"])
    alone = store.get_frame(forecast(day, plain)["forecasts"])
    west = rows["site"].isin(["site-0", "site-1"])
    assert [group_of(name) for name in rows.groupby("site")["model_version"].first()] == [WEST, WEST, "", ""]
    assert mixture.groupby("site")["share"].sum().tolist() == pytest.approx([1] * 4, abs=0.01)
    assert left["strains"].keys() == {"1", f"{WEST}:1"}
    quantiles = [f"q{level:02}" for level in (5, 10, 25, 50, 75, 90, 95)]
    np.testing.assert_array_equal(rows.loc[~west, quantiles], alone.loc[~west, quantiles])
    assert not np.allclose(rows.loc[west, "q50"], alone.loc[west, "q50"])
    assert forecast(day, grouped)["forecasts"] == left["forecasts"]


def prepared(run: Run, settings: Settings) -> Run:
    """Do what comes before a training or a forecast."""
    extract(run, settings)
    validate(run, settings)
    features(run, settings)
    return run
