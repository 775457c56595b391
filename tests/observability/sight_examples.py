"""One of every kind of sight, and what a process with the line ``a`` then serves.

What a sight counts differs from figure to figure, so that no two of them can be exchanged unseen.
"""

from connector.core.line_facts import Condition, Quota, Room, Usage
from connector.core.line_facts import Fact as LineFact
from connector.core.sights import (
    AccountSeen,
    BrokersSeen,
    CertificateSeen,
    ConsumerSeen,
    LagSeen,
    LedgerSeen,
    LineSeen,
    LinesSeen,
    LineState,
    OptedOutSeen,
    ParkedSeen,
    PausesSeen,
    ProcessSeen,
    ProcessState,
    RoomsSeen,
    Sight,
    SweepSeen,
)

LINE = LineSeen("a", LineState.BREAKER, 2.0, 0.5, 30, 7.5, 15.0, 3, 4, "open", 9.5)
ELSEWHERE = LINE._replace(alias="b", state=LineState.STOPPED, breaker="closed")
USAGE = Usage(Quota(50, 11, 39, None), Quota(200, 28, 172, None), None, paused=False)
ROOM = LineFact(Condition.ONLINE, USAGE, Room(open=True, hour=38, day=171), retired=False, listed=True, age_s=4.0)
SIGHTS: tuple[tuple[Sight, tuple[str, ...]], ...] = (
    (
        LinesSeen((LINE,)),
        (
            'sendblue_breakers{of="line",state="open"} 1.0',
            'sendblue_line_allowed_rate{line="a"} 2.0',
            'sendblue_line_drain_seconds{line="a"} 15.0',
            'sendblue_line_idle_seconds{line="a"} 9.5',
            'sendblue_line_in_doubt{line="a"} 3.0',
            'sendblue_line_oldest_seconds{line="a"} 7.5',
            'sendblue_line_queue_records{line="a"} 30.0',
            'sendblue_line_state{line="a",state="breaker"} 1.0',
            'sendblue_line_used_rate{line="a"} 0.5',
            'sendblue_lines{state="breaker"} 1.0',
        ),
    ),
    (
        LinesSeen((ELSEWHERE,)),
        (
            'sendblue_breakers{of="line",state="closed"} 1.0',
            'sendblue_line_allowed_rate{line="other"} 2.0',
            'sendblue_line_drain_seconds{line="other"} 15.0',
            'sendblue_line_idle_seconds{line="other"} 9.5',
            'sendblue_line_in_doubt{line="other"} 3.0',
            'sendblue_line_oldest_seconds{line="other"} 7.5',
            'sendblue_line_queue_records{line="other"} 30.0',
            'sendblue_line_state{line="other",state="stopped"} 1.0',
            'sendblue_line_used_rate{line="other"} 0.5',
            'sendblue_lines{state="stopped"} 1.0',
        ),
    ),
    (
        RoomsSeen((("a", ROOM),)),
        (
            'sendblue_line_new_contacts_left{line="a",window="day"} 171.0',
            'sendblue_line_new_contacts_left{line="a",window="hour"} 38.0',
            'sendblue_line_new_contacts_limit{line="a",window="day"} 200.0',
            'sendblue_line_new_contacts_limit{line="a",window="hour"} 50.0',
            'sendblue_line_new_contacts_used{line="a",window="day"} 28.0',
            'sendblue_line_new_contacts_used{line="a",window="hour"} 11.0',
        ),
    ),
    (
        RoomsSeen((("b", ROOM), ("c", ROOM))),
        (
            'sendblue_line_new_contacts_left{line="other",window="day"} 342.0',
            'sendblue_line_new_contacts_left{line="other",window="hour"} 76.0',
            'sendblue_line_new_contacts_limit{line="other",window="day"} 400.0',
            'sendblue_line_new_contacts_limit{line="other",window="hour"} 100.0',
            'sendblue_line_new_contacts_used{line="other",window="day"} 56.0',
            'sendblue_line_new_contacts_used{line="other",window="hour"} 22.0',
        ),
    ),
    (ParkedSeen(3), ("sendblue_parked 3.0",)),
    (
        SweepSeen(5, 1.5),
        (
            "sendblue_messages_outstanding 5.0",
            "sendblue_sweep_behind_seconds 1.5",
        ),
    ),
    (
        LagSeen("requests", 7, 1.5),
        (
            'sendblue_lag_records{topic="requests"} 7.0',
            'sendblue_lag_seconds{topic="requests"} 1.5',
        ),
    ),
    (
        ConsumerSeen("dispatch", 7, 2, 1),
        (
            'sendblue_assigned_partitions{topic="dispatch"} 7.0',
            'sendblue_paused_partitions{reason="decoding",topic="dispatch"} 1.0',
            'sendblue_paused_partitions{reason="role_full",topic="dispatch"} 2.0',
        ),
    ),
    (
        LedgerSeen(1, 2, 4),
        (
            "sendblue_attempts_open 4.0",
            "sendblue_ledger_lag_records 1.0",
            "sendblue_ledger_requests 2.0",
        ),
    ),
    (
        AccountSeen("half_open", "FORBIDDEN"),
        (
            'sendblue_breakers{of="account",state="half_open"} 1.0',
            "sendblue_credentials_valid 0.0",
        ),
    ),
    (
        PausesSeen(1, 2, 3, 4.5),
        (
            "sendblue_pause_oldest_seconds 4.5",
            'sendblue_pauses{scope="all"} 3.0',
            'sendblue_pauses{scope="line"} 1.0',
            'sendblue_pauses{scope="tag"} 2.0',
        ),
    ),
    (BrokersSeen("producer", 3), ('sendblue_brokers_up{client="producer"} 3.0',)),
    (CertificateSeen(1_800_000_000.0), ("sendblue_tls_certificate_not_after_timestamp_seconds 1.8e+09",)),
    (OptedOutSeen(6), ("sendblue_opted_out 6.0",)),
    (
        ProcessSeen(ProcessState.DRAINING, ready=True, in_flight=5, callbacks=2),
        (
            "sendblue_ready 1.0",
            "sendblue_requests_in_flight 5.0",
            'sendblue_state{state="draining"} 1.0',
            "sendblue_webhook_in_flight 2.0",
        ),
    ),
)
