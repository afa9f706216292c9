"""What follows from it: trainings asked for, decisions about versions, and alerts."""

from __future__ import annotations

from sqlalchemy import BigInteger, Date, Identity, Index, Table, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from pipeline.adapters.postgres.schema.columns import Instant, Name, metadata, optional, required

retrainings = Table(
    "retrainings",
    metadata,
    required("target_day", Date, primary_key=True),
    required("model_version", Text),
    required("reason", Text),
    required("figures", JSONB),
    required("requested_at", Instant, server_default=text("now()")),
    required("site_group", Name, primary_key=True, server_default=text("''"), comment="That the model is for; empty for the fleet."),
    comment="One row per training that monitoring asked for, with the reason; none of a group within the cool-down after another.",
)

promotions = Table(
    "promotions",
    metadata,
    required("id", BigInteger, Identity(always=True), primary_key=True),
    required("decided_at", Instant, server_default=text("now()")),
    required("version", Text),
    optional("previous", Text, comment="Champion before the decision; NULL where there was none."),
    required(
        "decision",
        Text,
        comment="promoted and rolled_back make the version champion from decided_at on; rejected leaves the champion as it was.",
    ),
    required(
        "decided_by",
        Text,
        comment="gate, timeout, shadow, a person's name, or outside: the alias was found moved in MLflow itself.",
    ),
    required("reason", Text),
    required("figures", JSONB, server_default=text("'{}'::jsonb")),
    optional(
        "settled_at",
        Instant,
        comment=(
            "When the alias champion stood where the decision wants it; NULL while it is on its way. The next command, or the next "
            "monitoring, ends that."
        ),
    ),
    required("site_group", Name, server_default=text("''"), comment="Whose champion was decided about; empty for the fleet's."),
    Index("promotions_by_time", "decided_at"),
    comment="One row per decision about a model version; append-only. A rerun that decides the same about the same version adds none.",
)

alerts = Table(
    "alerts",
    metadata,
    required("id", BigInteger, Identity(always=True), primary_key=True),
    required("kind", Name),
    required("target_day", Date),
    required("subject", Name),
    required("message", Text),
    required("raised_at", Instant, server_default=text("now()")),
    required("delivered", ARRAY(Text), server_default=text("'{}'::text[]"), comment="Channels that took the message: log, smtp, webhook."),
    optional("problem", Text, server_default=text("'not sent yet'::text"), comment="Why a channel did not take it; NULL where all did."),
    UniqueConstraint("kind", "target_day", "subject"),
    comment=(
        "One row per alert: a second run of the day that finds the same says nothing. A delivery that failed is tried again "
        "by the next run."
    ),
)
