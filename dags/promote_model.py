"""# promote_model

Makes a version champion, or the previous champion champion again, by a person's word; also where the shadow asks for it.

**Reads** the registry. **Writes** alias `champion`, tags of the version, `promotions` (who, why).
**Usual duration** seconds. **Runs** by hand (*Trigger* opens the form) and when a challenger has been better in the shadow beyond noise.

| Field | |
|---|---|
| `version` | number of the version, of a group's model `region=west:7`; empty: go back to the previous champion, which asks nobody |
| `group` | whose previous champion, where no version is named; empty: the fleet's |
| `reason` | kept with the decision |
| `approval` | `required`: somebody else is asked before the version becomes champion |

`promote` may be tried again: the same rollback goes no further back, and a decision that was cut short is carried out. If it fails, its
log says whether the version cannot be trusted, somebody else has just decided, or a service is down. `review` that waits is no failure:
open it (*Required actions*) and answer.
"""

from typing import Any

from airflow.sdk import Param, dag, get_current_context, task

from pipeline.scheduling.approval import Approval, approval_param, who_asked
from pipeline.scheduling.assets import champion_asset, tell_events
from pipeline.scheduling.tasks import GROUP, TASK_DEFAULTS


@task(task_display_name="Promote, or go back", trigger_rule="none_failed", outlets=[champion_asset()])
def promote(answer: Any) -> dict[str, Any]:
    """Carry the decision out and write it down."""
    from pipeline.config import read_settings
    from pipeline.steps.promote import decide_by_word

    context = get_current_context()
    params = context["params"]
    version = params["version"] or None
    result = decide_by_word(read_settings(), version, who_asked(context), params["reason"], answer, group=params["group"])
    tell_events(context, result)
    return result


@dag(
    schedule=None,
    max_active_runs=1,
    is_paused_upon_creation=False,
    tags=["dayahead"],
    doc_md=__doc__,
    default_args=TASK_DEFAULTS,
    params={
        "version": Param(
            None,
            type=["null", "string"],
            pattern="^(.+=.+:)?[0-9]*$",
            title="Version",
            description="Number of the version; of a group's model region=west:7. Empty: the previous champion.",
        ),
        "group": GROUP,
        "reason": Param("", type="string", minLength=3, title="Reason", description="Why; kept with the decision."),
        "approval": approval_param("automatic"),
    },
)
def promote_model() -> None:
    """Wire the question and the decision."""
    promote(Approval(task_id="review", task_display_name="Review by a person").output)


promote_model()
