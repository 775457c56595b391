{{/* The settings file, and the secrets it names. A component gets the secrets its roles need, and no others. */}}

{{/* As JSON: {sendblue, callbackKeys, webhookSecrets, callbackTls, kafkaClient, kafkaTls, registry: whether it is mounted}. Arguments: root, roles. */}}
{{- define "ks.needs" -}}
{{- $s := .root.Values.secrets -}}
{{- $calls := or (has "sender" .roles) (has "reconciler" .roles) (has "setup" .roles) -}}
{{- $signs := or (has "sender" .roles) (has "ingress" .roles) -}}
{{- dict "sendblue" $calls "callbackKeys" $signs "webhookSecrets" (and (has "ingress" .roles) (ne $s.webhookSecrets.existingSecret "")) "callbackTls" (and (has "ingress" .roles) (ne $s.callbackTls.existingSecret "")) "kafkaClient" (ne $s.kafkaClient.existingSecret "") "kafkaTls" (ne $s.kafkaTls.existingSecret "") "registry" (ne $s.registry.existingSecret "") | toJson -}}
{{- end -}}

{{- define "ks.secretFolder" -}}/etc/kafka-sendblue/secrets{{- end -}}

{{/* connector.yaml of a component. Arguments: root, roles. */}}
{{- define "ks.config" -}}
{{- $s := .root.Values.secrets -}}
{{- $needs := include "ks.needs" . | fromJson -}}
{{- $folder := include "ks.secretFolder" . -}}
{{- $c := deepCopy .root.Values.config -}}
{{- $_ := set $c.ledger "hash_key_file" (printf "%s/hash-key/%s" $folder $s.hashKey.key) -}}
{{- if $needs.sendblue -}}
{{- $_ := set $c.sendblue "api_key_id_file" (printf "%s/sendblue/%s" $folder $s.sendblue.apiKeyId) -}}
{{- $_ := set $c.sendblue "api_secret_key_file" (printf "%s/sendblue/%s" $folder $s.sendblue.apiSecretKey) -}}
{{- end -}}
{{- if $needs.callbackKeys -}}
{{- $_ := set $c.callbacks "keys_dir" (printf "%s/callback-keys" $folder) -}}
{{- else -}}
{{- $_ := unset $c.callbacks "signing_key" -}}
{{- end -}}
{{- if $needs.webhookSecrets -}}
{{- $_ := set $c.webhooks "secrets_dir" (printf "%s/webhook-secrets" $folder) -}}
{{- end -}}
{{- if $needs.callbackTls -}}
{{- $_ := set $c.callbacks "tls_cert_file" (printf "%s/callback-tls/%s" $folder $s.callbackTls.certificate) -}}
{{- $_ := set $c.callbacks "tls_key_file" (printf "%s/callback-tls/%s" $folder $s.callbackTls.privateKey) -}}
{{- end -}}
{{- if $needs.kafkaClient -}}
{{- $files := dict -}}
{{- range $setting, $key := $s.kafkaClient.files -}}
{{- $_ := set $files $setting (printf "%s/kafka/%s" $folder $key) -}}
{{- end -}}
{{- $_ := set $c.kafka "client_files" $files -}}
{{- end -}}
{{- if $needs.kafkaTls -}}
{{- range $setting, $key := dict "ssl.ca.location" $s.kafkaTls.ca "ssl.certificate.location" $s.kafkaTls.certificate "ssl.key.location" $s.kafkaTls.privateKey -}}
{{- if $key -}}
{{- $_ := set $c.kafka.client $setting (printf "%s/kafka-tls/%s" $folder $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $needs.registry -}}
{{- $_ := set $c.registry "password_file" (printf "%s/registry/%s" $folder $s.registry.password) -}}
{{- end -}}
{{- include "ks.filled" $c -}}
{{- end -}}

{{/* The tree without empty texts: empty is not set. */}}
{{- define "ks.filled" -}}
{{- $filled := dict -}}
{{- range $key, $value := . -}}
{{- if kindIs "map" $value -}}
{{- $inner := dict -}}
{{- range $k, $v := $value -}}
{{- if ne (toString $v) "" -}}{{- $_ := set $inner $k $v -}}{{- end -}}
{{- end -}}
{{- $_ := set $filled $key $inner -}}
{{- else if ne (toString $value) "" -}}
{{- $_ := set $filled $key $value -}}
{{- end -}}
{{- end -}}
{{- toYaml $filled -}}
{{- end -}}

{{/* The mounts of the settings file and of each secret. Arguments: root, roles. */}}
{{- define "ks.mounts" -}}
{{- $folder := include "ks.secretFolder" . -}}
- name: config
  mountPath: /etc/kafka-sendblue/config
  readOnly: true
- name: tmp
  mountPath: /tmp
{{- range $name, $_ := include "ks.secretVolumes" . | fromJson }}
- name: {{ $name }}
  mountPath: {{ $folder }}/{{ $name }}
  readOnly: true
{{- end }}
{{- end -}}

{{/* As JSON: {volume: {secret, items}}; without items, all of its keys. Arguments: root, roles. */}}
{{- define "ks.secretVolumes" -}}
{{- $s := .root.Values.secrets -}}
{{- $needs := include "ks.needs" . | fromJson -}}
{{- $volumes := dict "hash-key" (dict "secret" $s.hashKey.existingSecret "keys" (list $s.hashKey.key)) -}}
{{- if $needs.sendblue -}}
{{- $_ := set $volumes "sendblue" (dict "secret" $s.sendblue.existingSecret "keys" (list $s.sendblue.apiKeyId $s.sendblue.apiSecretKey)) -}}
{{- end -}}
{{- if $needs.callbackKeys -}}
{{- $_ := set $volumes "callback-keys" (dict "secret" $s.callbackKeys.existingSecret "keys" list) -}}
{{- end -}}
{{- if $needs.webhookSecrets -}}
{{- $_ := set $volumes "webhook-secrets" (dict "secret" $s.webhookSecrets.existingSecret "keys" list) -}}
{{- end -}}
{{- if $needs.callbackTls -}}
{{- $_ := set $volumes "callback-tls" (dict "secret" $s.callbackTls.existingSecret "keys" (list $s.callbackTls.certificate $s.callbackTls.privateKey)) -}}
{{- end -}}
{{- if $needs.kafkaClient -}}
{{- $_ := set $volumes "kafka" (dict "secret" $s.kafkaClient.existingSecret "keys" (values $s.kafkaClient.files | sortAlpha | uniq)) -}}
{{- end -}}
{{- if $needs.kafkaTls -}}
{{- $_ := set $volumes "kafka-tls" (dict "secret" $s.kafkaTls.existingSecret "keys" (compact (list $s.kafkaTls.ca $s.kafkaTls.certificate $s.kafkaTls.privateKey))) -}}
{{- end -}}
{{- if $needs.registry -}}
{{- $_ := set $volumes "registry" (dict "secret" $s.registry.existingSecret "keys" (list $s.registry.password)) -}}
{{- end -}}
{{- $volumes | toJson -}}
{{- end -}}

{{/* The volumes. Arguments: root, roles, config (the ConfigMap's name), tmpSizeLimit. */}}
{{- define "ks.volumes" -}}
- name: config
  configMap:
    name: {{ .config }}
- name: tmp
  emptyDir:
    sizeLimit: {{ .tmpSizeLimit }}
{{- range $name, $volume := include "ks.secretVolumes" . | fromJson }}
- name: {{ $name }}
  secret:
    secretName: {{ $volume.secret | quote }}
    defaultMode: 0440
    {{- with $volume.keys }}
    items:
      {{- range . }}
      - key: {{ . | quote }}
        path: {{ . | quote }}
      {{- end }}
    {{- end }}
{{- end }}
{{- end -}}
