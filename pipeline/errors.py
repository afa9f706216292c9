"""Errors that a person can act on: what was found, what was expected, and the way out."""


class DayaheadError(Exception):
    """Base of every error this project raises on purpose; its message is shown without a traceback."""


class ConfigurationError(DayaheadError):
    """A setting is missing or makes no sense."""


class DataError(DayaheadError):
    """Readings break the data contract in a way that no row-level quarantine can fix."""


class NothingToForecastError(DataError):
    """No site of a run has a reading to forecast from: broken data where the run is the fleet, an ordinary thing for one shard of it."""


class ModelError(DayaheadError):
    """A model cannot be built, loaded or trusted: unknown name, corrupted weights, other architecture version."""


class NoChampionError(ModelError):
    """A registered model has no champion yet, or none before it: nothing is wrong with it."""


class StoreError(DayaheadError):
    """A snapshot or a step's result cannot be read or written."""


class ServiceError(DayaheadError):
    """A service (database, tracking server, scheduler) did not answer; trying again later may help."""


class BusyError(ServiceError):
    """Somebody else holds what is needed, such as a lock in the database; the message says who."""
