{{/* Names and labels. */}}

{{- define "ks.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* At most 47 characters, so that the longest suffix still fits into 63. */}}
{{- define "ks.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 47 | trimSuffix "-" -}}
{{- else if contains (include "ks.name" .) .Release.Name -}}
{{- .Release.Name | trunc 47 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "ks.name" .) | trunc 47 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "ks.instance" -}}
app.kubernetes.io/name: {{ include "ks.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "ks.labels" -}}
{{ include "ks.instance" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Of pods: without the chart's version, which would replace them all for nothing. */}}
{{- define "ks.podLabels" -}}
{{ include "ks.instance" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "ks.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "ks.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "ks.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* The components that are wanted, as JSON: {"items": [{name, roles, pod}]}; pod is what the values say of it. */}}
{{- define "ks.components" -}}
{{- $items := list -}}
{{- if eq .Values.mode "single" -}}
{{- $pod := mustMergeOverwrite (deepCopy .Values.pod) (deepCopy .Values.single) -}}
{{- $items = append $items (dict "name" "single" "roles" (list "router" "sender" "ingress" "reconciler") "pod" $pod) -}}
{{- else -}}
{{- range $name := list "router" "sender" "ingress" "reconciler" -}}
{{- $own := index $.Values $name -}}
{{- if ne (toString (dig "enabled" true $own)) "false" -}}
{{- $pod := mustMergeOverwrite (deepCopy $.Values.pod) (deepCopy (omit $own "enabled")) -}}
{{- $items = append $items (dict "name" $name "roles" (list $name) "pod" $pod) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- dict "items" $items | toJson -}}
{{- end -}}

{{/* The component that hears callbacks, or nothing. */}}
{{- define "ks.listener" -}}
{{- range (include "ks.components" . | fromJson).items -}}
{{- if has "ingress" .roles -}}{{ .name }}{{- end -}}
{{- end -}}
{{- end -}}

{{- define "ks.publicHost" -}}
{{- (urlParse .Values.config.callbacks.public_url).hostname -}}
{{- end -}}

{{/* Where callbacks come in, and account webhooks if there are secrets for them, as JSON: {"items": [path]}. Whatever
path the public address has goes before ours. */}}
{{- define "ks.publicPaths" -}}
{{- $base := trimSuffix "/" (urlParse .Values.config.callbacks.public_url).path -}}
{{- $paths := list (printf "%s/v1/callbacks/" $base) -}}
{{- if .Values.secrets.webhookSecrets.existingSecret -}}
{{- $paths = append $paths (printf "%s/v1/webhooks/" $base) -}}
{{- end -}}
{{- dict "items" $paths | toJson -}}
{{- end -}}
