"""The pictures of the page: a stack of its own, the sample fleet, one training and two weeks of forecasts, then Chromium."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.adapters.files.sites_file import read_sites_file, write_sites
from pipeline.adapters.postgres.database import connect
from pipeline.adapters.postgres.loading import load_readings
from pipeline.adapters.postgres.migrations import migrate
from pipeline.adapters.postgres.queries import statement
from pipeline.adapters.postgres.readings import last_reading
from pipeline.adapters.store.snapshots import Run
from pipeline.config import Settings, read_settings
from pipeline.core.series.clock import target_day_at
from pipeline.local.sample import sample_fleet
from pipeline.local.sample_file import sites_file, write_sample
from pipeline.local.stack import down, up
from pipeline.steps import run_step

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
TRAIN = ("extract", "validate", "features", "gather", "train", "evaluate", "register", "promote")
FORECAST = ("extract", "validate", "features", "forecast", "publish")
SITES, DAYS, STEP_MINUTES = 60, 120, 60


def main(
    data: Annotated[Path | None, typer.Option(help="CSV of site, ts, throughput; the sample fleet where none is named.")] = None,
    timezone: Annotated[str, typer.Option(help="Zone of its instants.")] = "UTC",
    scored_days: Annotated[int, typer.Option(help="Days between the training and the last forecast.", min=1)] = 14,
    epochs: Annotated[int | None, typer.Option(help="Passes of the training; the model's own schedule where none is named.")] = None,
    keep: Annotated[bool, typer.Option(help="Leave the stack running.")] = False,
) -> None:
    """Draw docs/pictures/page.png and site.png from a run of the whole journey."""
    settings = up(read_settings(), typer.echo)
    try:
        target_day = load(settings, data, timezone)
        first = target_day - timedelta(days=scored_days)
        run_all(settings, "train", TRAIN, first, epochs=epochs)
        for number in range(scored_days + 1):
            run_all(settings, "forecast", FORECAST, first + timedelta(days=number))
        run_all(settings, "monitor", ("monitor",), target_day)
        draw(settings)
    finally:
        if not keep:
            down(settings)


def load(settings: Settings, data: Path | None, timezone: str) -> date:
    """Load the readings and return the day after the last of them."""
    migrate(settings)
    file = data or settings.home / "sample.csv.gz"
    if not data:
        write_sample(file, *sample_fleet(SITES, DAYS, STEP_MINUTES))
        with connect(settings) as connection:
            write_sites(connection, read_sites_file(sites_file(file), timezone), timezone)
    load_readings(settings, file, timezone=timezone)
    with connect(settings, "reader") as connection:
        last = last_reading(connection)
    assert last is not None
    return target_day_at(last + timedelta(microseconds=1), settings.timezone)


def run_all(settings: Settings, purpose: str, steps: tuple[str, ...], day: date, epochs: int | None = None) -> None:
    """Run the steps of one day."""
    run = Run(purpose, day, settings.cutoff_of(day)).to_json()
    for step in steps:
        typer.echo(f"{purpose} {day} {step}")
        run_step(step, run, **({"epochs": epochs} if step == "train" else {}))


def draw(settings: Settings) -> None:
    """Open the page as a person does and keep what is seen."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1360, "height": 900}, device_scale_factor=1.5)
        page.goto(f"{settings.airflow_url}/")
        page.fill("input[name=username]", settings.tracking_username)
        page.fill("input[name=password]", settings.tracking_password.get_secret_value())
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Forecasts").click(timeout=120_000)
        keep_picture(page, "page")
        page.goto(f"{settings.airflow_url}/plugin/forecasts/dayahead/site?days=7&name={busiest(settings)}")
        keep_picture(page, "site")
        browser.close()


def keep_picture(page: Any, name: str) -> None:
    """Keep what the window shows, as soon as its chart is drawn."""
    page.frame_locator("iframe[title=Forecasts]").locator("figure.chart[data-drawn]").first.wait_for(timeout=120_000)
    page.screenshot(path=str(PICTURES / f"{name}.png"))
    typer.echo(PICTURES / f"{name}.png")


def busiest(settings: Settings) -> str:
    """Return the site with the largest peak of the next day."""
    with connect(settings, work="pictures") as connection:
        return str(max(connection.execute(statement("read_peaks")), key=lambda row: row.q50).site)


if __name__ == "__main__":
    typer.run(main)
