{{/* The ports of the brokers, as JSON: {"items": [...]}. */}}
{{- define "ks.kafkaPorts" -}}
{{- $ports := list -}}
{{- range splitList "," .Values.config.kafka.bootstrap_servers -}}
{{- $ports = append $ports (regexFind "[0-9]+$" (trim .) | default "9092" | int) -}}
{{- end -}}
{{- dict "items" (default (uniq $ports) .Values.networkPolicy.kafkaPorts) | toJson -}}
{{- end -}}

{{/* The port of an address. */}}
{{- define "ks.portOf" -}}
{{- $url := urlParse . -}}
{{- regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) | default (ternary "443" "80" (eq $url.scheme "https")) -}}
{{- end -}}

{{/* What pods may reach. */}}
{{- define "ks.egress" -}}
- ports:
    - port: 53
      protocol: UDP
    - port: 53
      protocol: TCP
- ports:
    {{- range (include "ks.kafkaPorts" . | fromJson).items }}
    - port: {{ . }}
      protocol: TCP
    {{- end }}
  {{- with .Values.networkPolicy.kafkaTo }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
- ports:
    {{- range list (include "ks.portOf" .Values.config.registry.url) (include "ks.portOf" .Values.config.sendblue.base_url) | uniq }}
    - port: {{ . }}
      protocol: TCP
    {{- end }}
{{- with .Values.networkPolicy.extraEgress }}
{{ toYaml . }}
{{- end }}
{{- end -}}
