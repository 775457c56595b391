"""The stories of replies and opt-outs that go unheard, and of what no callback told."""

from tests.ops.alerts.case import Case, grown, share

HOOKS = "sendblue_account_webhooks_total"
REPLIES = f'{HOOKS}{{type="receive",result="accepted"}}'
FORGED = f'{HOOKS}{{type="receive",result="forged"}}'
REFUSED = f'{HOOKS}{{type="receive",result="refused"}}'
UNREADABLE = f'{HOOKS}{{type="receive",result="unreadable"}}'
WRITTEN = "sendblue_opt_outs_written_total"
POSTS = 'sendblue_posts_total{outcome="submitted"}'
DAYS = 30
CAME, OUT = grown([(1320, 0.05), (1620, 0)], DAYS), grown([(2940, 0.1)], DAYS)
BEHIND = "sendblue_sweep_behind_seconds"

OPT_OUTS = (
    *share("SendblueRepliesRefused", FORGED, REPLIES, "1", "0.3"),
    Case(  # five replies an hour, and a secret that is wrong
        "SendblueRepliesRefused",
        "120m",
        {FORGED: "0+0.0833x200", REPLIES: "40x200"},
        {FORGED: "0+0.0833x200", REPLIES: "40x90 41x110"},
    ),
    Case("SendblueRepliesRefused", "120m", {FORGED: "0x60 3x99", REPLIES: "0x160"}, {FORGED: "0x60 2x99"}),
    Case("SendblueOptOutsNotHeard", "40m", {UNREADABLE: "0x30 1x30"}, {UNREADABLE: "9x60", REPLIES: "0+1x60"}),
    Case(
        "SendblueOptOutsNotHeard",
        "40m",
        {REFUSED: "0x20 3x40"},
        {REFUSED: "0x20 2x40", f'{HOOKS}{{type="outbound",result="unreadable"}}': "0+1x60"},
    ),
    Case(  # as many as ever, then none for a day; or nobody was texted either
        "SendblueRepliesSilent",
        "2880m",
        {REPLIES: CAME, POSTS: OUT},
        {REPLIES: CAME, POSTS: grown([(1320, 0.1), (1620, 0)], DAYS)},
        step=DAYS,
    ),
    Case(  # one reply a day is enough to know that they come; and where there were none, none is missed
        "SendblueRepliesSilent",
        "2880m",
        {REPLIES: CAME, POSTS: OUT},
        {REPLIES: grown([(1320, 0.05), (720, 0), (30, 0.1), (870, 0)], DAYS), POSTS: OUT},
        step=DAYS,
    ),
    Case(
        "SendblueRepliesSilent",
        "2880m",
        {REPLIES: CAME, POSTS: OUT},
        {REPLIES: grown([(1320, 0.005), (1620, 0)], DAYS), POSTS: OUT},
        step=DAYS,
    ),
    Case(
        "SendblueOptOutsNotWritten",
        "40m",
        {f'{WRITTEN}{{result="dropped"}}': "0x30 1x30"},
        {f'{WRITTEN}{{result="error"}}': "0+1x60", f'{WRITTEN}{{result="ok"}}': "0+1x60"},
    ),
    Case("SendblueSweepBehind", "50m", {BEHIND: "2000x60"}, {BEHIND: "1000x60"}),
    Case("SendblueSweepBehind", "60m", {BEHIND: "60+60x70"}, {BEHIND: "60+60x40 60x40"}),
)
