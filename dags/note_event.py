"""# note_event

Notes what people know of days and no series holds: a match, an outage, a migration. Every forecast whose cutoff lies after the note
knows it as well.

**Reads** `sites`. **Writes** `events`; noted by whoever triggers it.
**Usual duration** seconds. **Runs** by hand (*Trigger* opens the form).

| Field | |
|---|---|
| `kind` | `expected`: traffic will differ, which is learnt; `ignore`: nothing is learnt from it; `break`: another level from here on |
| `category` | what sort of event, such as match: effects are learnt by category. `expected` needs it |
| `sites`, `labels` | which sites it is about, one of the two; neither: the whole fleet |
| `from`, `to` | its first instant, and the first after it; a `break` needs no end |
| `factor` | what traffic is multiplied by, where you know it; of `expected` only |
| `note` | free text |

If `note` fails, its log says what cannot be: an end before the start, a site that does not exist, breaks that overlap. Trigger again with
the form corrected. What stands there already is left as it is. `python -m pipeline events remove NUMBER` takes an event back.
"""

from airflow.sdk import Param, dag, get_current_context, task

from pipeline.scheduling.approval import who_triggered
from pipeline.scheduling.forms import event_fields
from pipeline.scheduling.tasks import TASK_DEFAULTS


@task(task_display_name="Note the event")
def note() -> list[int]:
    """Note what the form says and return the numbers of the events; none where they stand there already."""
    from pipeline.adapters.files.events_file import notes_of_form
    from pipeline.commands.events import note_events

    context = get_current_context()
    return [event.id for event in note_events(notes_of_form(context["params"], who_triggered(context)))]


@dag(
    schedule=None,
    is_paused_upon_creation=False,
    tags=["dayahead"],
    doc_md=__doc__,
    default_args=TASK_DEFAULTS,
    params={
        "kind": Param("expected", enum=["expected", "ignore", "break"], title="Kind", description="What the event means for forecasts."),
        **event_fields(),
        "note": Param("", type=["null", "string"], title="Note", description="Free text."),
    },
)
def note_event() -> None:
    """Wire the one task."""
    note()


note_event()
