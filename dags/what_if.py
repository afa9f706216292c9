"""# what_if

Says what the champion would forecast of a day, were there an event more or another capacity. No forecast changes; the answer stands on the
pages of the sites that are meant, and in the log.

**Reads** the store, `sites`, the champion. **Writes** `what_ifs`, and `forecasts` under role `what_if`; asked by whoever triggers it.
**Usual duration** as the forecast of its day. **Runs** by hand (*Trigger* opens the form).

| Field | |
|---|---|
| `category`, `from`, `to`, `factor` | an expected event: traffic is multiplied by what its category did before, or by the factor |
| `sites`, `labels` | whose it is, one of them; neither is the whole fleet |
| `capacity` | of every site that is meant, in the unit of the readings; without an event, of the sites named |
| `target_day`, `shards` | the day, and into how many parts its forecast was divided |

If `ask` fails, its log says what cannot be: the day is not forecast yet, the champion changed since, the event is over, or no site is
meant. It is tried once: ask again.
"""

from airflow.sdk import Param, dag, get_current_context, task

from pipeline.scheduling.approval import who_triggered
from pipeline.scheduling.forms import event_fields
from pipeline.scheduling.tasks import SHARDS, TARGET_DAY, TASK_DEFAULTS


@task(task_display_name="Ask what if", retries=0)  # a person waits: a refusal is to be seen at once, and asking again is easy
def ask() -> None:
    """Ask what the form says and print the difference."""
    from pipeline.adapters.files.events_file import notes_of_form
    from pipeline.commands.what_if import ask as ask_what_if

    context = get_current_context()
    form, by = dict(context["params"]), who_triggered(context)
    notes = notes_of_form(form | {"kind": "expected"}, by) if form["from"] else []
    ask_what_if(notes, form["sites"] or [], form["capacity"], form["target_day"], form["shards"], by)


@dag(
    schedule=None,
    is_paused_upon_creation=False,
    tags=["dayahead"],
    doc_md=__doc__,
    default_args=TASK_DEFAULTS,
    params={
        **event_fields(),
        "from": Param(None, type=["null", "string"], format="date-time", title="From", description="Its first instant; empty: no event."),
        "capacity": Param(
            None,
            type=["null", "number"],
            exclusiveMinimum=0,
            title="Capacity",
            description="Of every site that is meant, in the unit of the readings. Empty: its own.",
        ),
        "target_day": TARGET_DAY,
        "shards": SHARDS,
    },
)
def what_if() -> None:
    """Wire the one task."""
    ask()


what_if()
