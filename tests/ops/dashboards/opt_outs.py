"""Contacts who do not want to be texted; a part of the inbound dashboard."""

from tests.ops.dashboards.frame import Section
from tests.ops.dashboards.panels import Panel, Query
from tests.ops.dashboards.queries import increase, worst

OPT_OUTS = Section(
    "Opt-outs",
    (
        Panel(
            "Contacts out",
            "short",
            "Contacts that are not texted, by their own word, by Sendblue's or by an operator's.",
            "grows by a jump: a campaign was not welcome, or somebody read in a wrong list.",
            "SendblueOptOutsNotHeard",
            (Query(worst("sendblue_opted_out"), "out"),),
        ),
        Panel(
            "Words",
            "short",
            "Contacts that went out, or came in again, by how it was heard.",
            "REFUSAL and CALLBACK without INBOUND: the receive webhook does not reach this connector.",
            "SendblueRepliesSilent SendblueOptOutsNotHeard",
            (
                Query(
                    increase("sendblue_opt_out_words_total", "word, source", over="$__rate_interval"),
                    "{{word}} {{source}}",
                ),
            ),
        ),
        Panel(
            "Told to Sendblue",
            "short",
            "Calls that told Sendblue of an opt-out, where optouts.write_through is set.",
            "dropped: Sendblue's list lacks a contact; ours has it.",
            "SendblueOptOutsNotWritten",
            (Query(increase("sendblue_opt_outs_written_total", "result", over="$__rate_interval"), "{{result}}"),),
        ),
    ),
)
