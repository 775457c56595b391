"""The section about what is asked before a text goes: its contact's service, its file."""

from tests.ops.dashboards.frame import Section
from tests.ops.dashboards.panels import Panel, Query
from tests.ops.dashboards.queries import rate

CONTENT = Section(
    "Before a text goes",
    (
        Panel(
            "Look-ups of services",
            "reqps",
            "Look-ups of the service that reaches a contact, for requests with IMESSAGE_ONLY, by what they said.",
            "no_answer for minutes: such requests wait.",
            "SendblueLookUpsUnanswered",
            (Query(rate("sendblue_service_look_ups_total", "result"), "{{result}}"),),
            width=12,
        ),
        Panel(
            "Uploads of files",
            "ops",
            "Files uploaded to Sendblue before their text. large: more than an SMS takes; not_taken: the request ends.",
            "no_answer for minutes: requests with such files wait.",
            "SendblueUploadsFailing SendblueDeadLetters",
            (Query(rate("sendblue_media_uploads_total", "result"), "{{result}}"),),
            width=12,
        ),
    ),
)
