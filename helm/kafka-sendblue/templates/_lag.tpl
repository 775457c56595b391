{{/* What a component's lag is measured by, as JSON: {"items": [{role, topic, partitions}]}; none where it has no topic
of its own that more pods could share. A line has two partitions, one of them for replies. Arguments: root, roles. */}}
{{- define "ks.lag" -}}
{{- $kafka := .root.Values.config.kafka -}}
{{- $items := list -}}
{{- if has "router" .roles -}}
{{- $items = append $items (dict "role" "router" "topic" (printf "%s.requests" $kafka.topic_prefix) "partitions" (int $kafka.partitions)) -}}
{{- end -}}
{{- if has "sender" .roles -}}
{{- $items = append $items (dict "role" "sender" "topic" (printf "%s.dispatch" $kafka.topic_prefix) "partitions" (mul 2 (len .root.Values.config.lines))) -}}
{{- end -}}
{{- dict "items" $items | toJson -}}
{{- end -}}
