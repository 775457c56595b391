"""The processes and their Kafka clients: CPU, memory, event loop, partitions, commits, appends."""

from tests.ops.dashboards.frame import Dashboard, Section
from tests.ops.dashboards.panels import Kind, Panel, Query
from tests.ops.dashboards.queries import increase, quantile, rate, seen, series, summed, worst

LOOP = "sendblue_event_loop_lag_seconds"

PROCESS = Section(
    "Processes",
    (
        Panel(
            "State",
            "short",
            "How many replicas are starting, running and draining.",
            "starting or draining for minutes.",
            "SendblueNotReady SendblueDown",
            (Query(summed("sendblue_state", "state"), "{{state}}"),),
            stacked=True,
            width=6,
        ),
        Panel(
            "Ready",
            "bool_yes_no",
            "Whether each replica is ready; /statusz says why not.",
            "no for longer than a start takes.",
            "SendblueNotReady SendblueNoneReady",
            (Query(worst("sendblue_ready", "instance"), "{{instance}}"),),
            width=6,
        ),
        Panel(
            "Roles",
            "short",
            "How many processes have each role, ready or not.",
            "a role has none, or fewer than it should have.",
            "SendblueNoneReady SendblueDown",
            (Query(summed("sendblue_role", "role"), "{{role}}"),),
            width=6,
        ),
        Panel(
            "Up for",
            "s",
            "How long each process has been running.",
            "falls to 0 again and again: it is restarted. Its last log lines say why.",
            "SendblueRestarting",
            (Query(f"time() - {worst('process_start_time_seconds', 'instance')}", "{{instance}}"),),
            width=6,
        ),
        Panel(
            "Versions",
            "none",
            "What each replica runs, on which Python and librdkafka.",
            "two versions for longer than a rollout takes.",
            "SendblueVersionsDiffer",
            (Query(series("sendblue_build_info")),),
            Kind.TABLE,
            width=6,
        ),
        Panel(
            "CPU",
            "percentunit",
            "Of one core, by each process.",
            "near 100 %: one process has one event loop, so more replicas help and more cores do not.",
            "SendblueEventLoopLag",
            (Query(rate("process_cpu_seconds_total", "instance"), "{{instance}}"),),
            width=6,
        ),
        Panel(
            "Resident memory",
            "bytes",
            "Of each process. It remembers 72 h of requests and all messages without a last status.",
            "near the pod's limit, or grows while the ledger's requests do not.",
            "SendblueRestarting",
            (Query(worst("process_resident_memory_bytes", "instance"), "{{instance}}"),),
            width=6,
        ),
        Panel(
            "Open files",
            "percentunit",
            "Open file descriptors, as a share of what the process may open.",
            "above 80 %.",
            "SendblueRestarting",
            (
                Query(
                    f"{worst('process_open_fds', 'instance')} / {worst('process_max_fds', 'instance')}",
                    "{{instance}}",
                ),
            ),
            width=6,
        ),
        Panel(
            "Garbage collections",
            "ops",
            "Collections of the oldest generation.",
            "several a second: something makes garbage in circles.",
            "SendblueEventLoopLag",
            (Query(rate("python_gc_collections_total", "instance", 'generation="2"'), "{{instance}}"),),
            width=6,
        ),
        Panel(
            "Event loop late",
            "s",
            "How late the event loop was at a timer.",
            "above 0.1 s for minutes: deadlines and leases are missed. After a minute without a turn the process ends "
            "itself and says where it was stuck.",
            "SendblueEventLoopLag",
            (Query(rate(f"{LOOP}_bucket", "le"), "{{le}}"),),
            Kind.HEATMAP,
            width=12,
        ),
        Panel(
            "Event loop late, p99",
            "s",
            "The same by replica.",
            "above 0.1 s for minutes.",
            "SendblueEventLoopLag",
            (Query(quantile(0.99, LOOP, "instance"), "{{instance}}"),),
            width=12,
        ),
    ),
)

READING = Section(
    "Reading",
    (
        Panel(
            "Records read",
            "ops",
            "Records taken from Kafka, again after a rebalance or restart.",
            "0 although records wait.",
            "SendblueConsumerStalled",
            (Query(rate("sendblue_records_read_total", "topic"), "{{topic}}"),),
        ),
        Panel(
            "Records not done",
            "short",
            "Records not yet done, by topic.",
            "grow without a break.",
            "SendblueConsumerStalled SendblueRequestsLate",
            (Query(summed("sendblue_lag_records", "topic"), "{{topic}}"),),
        ),
        Panel(
            "Oldest record not done",
            "s",
            "Age of the oldest record read and not yet done, by replica and topic.",
            "one replica stands out: it is stuck, or its lines are.",
            "SendblueRequestsLate SendblueLineStalled",
            (Query(seen(worst("sendblue_lag_seconds", "instance, topic")), "{{instance}} {{topic}}"),),
        ),
        Panel(
            "Partitions read",
            "short",
            "Partitions of each topic that replicas read.",
            "fewer than the topic has, for longer than a rebalance takes.",
            "SendblueTopicNotRead",
            (Query(summed("sendblue_assigned_partitions", "topic"), "{{topic}}"),),
        ),
        Panel(
            "Partitions paused",
            "short",
            "Partitions not read for now. role_full: what was read waits to be sent, which is how a slow line holds "
            "back its queue; decoding: the schema registry is slow or away.",
            "decoding above 0 for minutes.",
            "SendblueConsumerStalled",
            (Query(summed("sendblue_paused_partitions", "topic, reason"), "{{topic}} {{reason}}"),),
        ),
        Panel(
            "Rebalances",
            "short",
            "Partitions given and taken.",
            "outside of deploys; lost: a replica was away for too long.",
            "SendblueRebalanceStorm",
            (Query(increase("sendblue_rebalances_total", "kind", over="$__rate_interval"), "{{kind}}"),),
        ),
        Panel(
            "Commits",
            "ops",
            "Commits of next offsets by result.",
            "error for minutes, or no ok although records are read: a restart would read much again.",
            "SendblueBrokersUnreachable SendblueRebalanceStorm",
            (Query(rate("sendblue_commits_total", "result"), "{{result}}"),),
        ),
        Panel(
            "Brokers connected",
            "short",
            "Brokers that a client of each name has a connection to, at best.",
            "falls to 0. A client that no role here has is always 0.",
            "SendblueBrokersUnreachable",
            (Query(worst("sendblue_brokers_up", "client", 'client!="other"'), "{{client}}"),),
        ),
        Panel(
            "Client errors",
            "ops",
            "Errors that Kafka clients told, by code.",
            "_AUTHENTICATION, _SSL or an authorization: nothing helps but new settings; _TRANSPORT: the network.",
            "SendblueBrokersUnreachable",
            (Query(seen(rate("sendblue_kafka_client_errors_total", "client, code")), "{{client}} {{code}}"),),
        ),
    ),
)

WRITING = Section(
    "Writing",
    (
        Panel(
            "Appends",
            "ops",
            "Appends that all in-sync replicas have, by topic.",
            "0 although something is to be written.",
            "SendblueWritesFailing",
            (Query(rate("sendblue_produced_records_total", "topic", 'result="ok"'), "{{topic}}"),),
        ),
        Panel(
            "Appends that failed",
            "ops",
            "Appends that were not acknowledged. They are tried again.",
            "above 0 for minutes; ledger: nothing is sent meanwhile.",
            "SendblueWritesFailing SendblueDeadLetterWritesFailing",
            (Query(rate("sendblue_produced_records_total", "topic", 'result!="ok"'), "{{topic}}"),),
        ),
        Panel(
            "Duration of appends, p95",
            "s",
            "From an append until all in-sync replicas had it.",
            "ledger above 1 s: grants may run out before they are written.",
            "SendblueLedgerLag SendblueIngressSlowBudgetBurn",
            (Query(quantile(0.95, "sendblue_produce_duration_seconds", "topic"), "{{topic}}"),),
        ),
    ),
)

DASHBOARD = Dashboard(
    "runtime",
    "kafka-sendblue: processes and Kafka clients",
    "CPU, memory, event loop, partitions, commits, appends",
    (PROCESS, READING, WRITING),
)
