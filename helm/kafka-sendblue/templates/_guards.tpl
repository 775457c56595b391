{{/* What cannot work is refused before anything is installed: every fault at once, each with the --set that mends it. */}}

{{- define "ks.guards" -}}
{{- $faults := print (include "ks.guardSettings" .) (include "ks.guardSecrets" .) (include "ks.guardPods" .) (include "ks.guardCallbacks" .) -}}
{{- if $faults -}}
{{- fail (printf "\n\n  %s\n" ($faults | trim | replace "\n" "\n  ")) -}}
{{- end -}}
{{- end -}}

{{- define "ks.guardSettings" -}}
{{- $c := .Values.config -}}
{{- if not $c.kafka.bootstrap_servers -}}
{{- print "no Kafka: --set config.kafka.bootstrap_servers=kafka:9092\n" -}}
{{- end -}}
{{- if not $c.registry.url -}}
{{- print "no schema registry: --set config.registry.url=http://registry:8081\n" -}}
{{- end -}}
{{- if not $c.lines -}}
{{- print "no line to send from: --set config.lines[0].alias=line-1 --set-string config.lines[0].number=+13035550100\n" -}}
{{- end -}}
{{- if not $c.callbacks.public_url -}}
{{- print "Sendblue must know how to reach the callbacks: --set config.callbacks.public_url=https://texts.example.com\n" -}}
{{- else if not (or (hasPrefix "https://" $c.callbacks.public_url) $c.unsafe_dev) -}}
{{- printf "callbacks hold numbers and texts and must come by https: --set config.callbacks.public_url=https://%s\n" (include "ks.publicHost" .) -}}
{{- end -}}
{{- range $name, $_ := $c.kafka.client -}}
{{- if regexMatch "password|secret|key\\.pem|jaas|oauthbearer\\.config" $name -}}
{{- printf "config.kafka.client.%s would stand in a ConfigMap; put it into a Secret instead: --set secrets.kafkaClient.existingSecret=NAME --set secrets.kafkaClient.files.%s=KEY\n" $name (replace "." "\\." $name) -}}
{{- end -}}
{{- end -}}
{{- $ports := list (int $c.callbacks.port) (int $c.observability.health_port) (int $c.observability.metrics_port) -}}
{{- if ne (len (uniq $ports)) 3 -}}
{{- print "callbacks, health and metrics need a port each: --set config.callbacks.port=8080 --set config.observability.health_port=8081 --set config.observability.metrics_port=9464\n" -}}
{{- end -}}
{{- end -}}

{{- define "ks.guardSecrets" -}}
{{- $s := .Values.secrets -}}
{{- $roles := list -}}
{{- range (include "ks.components" . | fromJson).items -}}
{{- $roles = concat $roles .roles -}}
{{- end -}}
{{- if .Values.setup.enabled -}}{{- $roles = append $roles "setup" -}}{{- end -}}
{{- $needs := include "ks.needs" (dict "root" . "roles" $roles) | fromJson -}}
{{- if not $s.hashKey.existingSecret -}}
{{- print "every role needs the ledger's hash key: --set secrets.hashKey.existingSecret=NAME\n" -}}
{{- end -}}
{{- if and $needs.sendblue (not $s.sendblue.existingSecret) -}}
{{- print "sender, reconciler and setup need the account's keys: --set secrets.sendblue.existingSecret=NAME\n" -}}
{{- end -}}
{{- if and $needs.callbackKeys (not $s.callbackKeys.existingSecret) -}}
{{- print "sender and ingress need the keys of the callback URLs: --set secrets.callbackKeys.existingSecret=NAME\n" -}}
{{- end -}}
{{- if and $needs.kafkaClient (not $s.kafkaClient.files) -}}
{{- print "of secrets.kafkaClient nothing is used: --set secrets.kafkaClient.files.sasl\\.password=password\n" -}}
{{- end -}}
{{- if and $s.kafkaClient.files (not $needs.kafkaClient) -}}
{{- print "secrets.kafkaClient.files needs its Secret: --set secrets.kafkaClient.existingSecret=NAME\n" -}}
{{- end -}}
{{- if ne (empty $s.kafkaTls.certificate) (empty $s.kafkaTls.privateKey) -}}
{{- print "mutual TLS needs certificate and key: --set secrets.kafkaTls.certificate=tls.crt --set secrets.kafkaTls.privateKey=tls.key\n" -}}
{{- end -}}
{{- if and $needs.kafkaTls (not (contains "ssl" (lower (toString (get .Values.config.kafka.client "security.protocol"))))) -}}
{{- print "secrets.kafkaTls is not used without TLS: --set config.kafka.client.security\\.protocol=ssl\n" -}}
{{- end -}}
{{- end -}}

{{- define "ks.guardPods" -}}
{{- $components := (include "ks.components" . | fromJson).items -}}
{{- if not $components -}}
{{- print "every role is left out: --set mode=single\n" -}}
{{- end -}}
{{- $root := . -}}
{{- range $components -}}
{{- include "ks.guardPod" (dict "root" $root "name" .name "roles" .roles "pod" .pod) -}}
{{- end -}}
{{- end -}}

{{/* After SIGTERM: endpoints drain (shutdown.endpoint_drain_s), calls end (sendblue.deadline_s), then outcomes become
durable and callbacks in work end (20 s), then the producer flushes (10 s). */}}
{{- define "ks.leastGrace" -}}
{{- add (ceil .root.Values.config.shutdown.endpoint_drain_s) (ceil .root.Values.config.sendblue.deadline_s) 20 10 -}}
{{- end -}}

{{- define "ks.guardPod" -}}
{{- $n := .name -}}
{{- $least := include "ks.leastGrace" . | int -}}
{{- if lt (int .pod.terminationGracePeriodSeconds) $least -}}
{{- printf "%s would be killed before it has ended its work: --set %s.terminationGracePeriodSeconds=%d\n" $n $n $least -}}
{{- end -}}
{{- if and .pod.hpa.enabled .pod.keda.enabled -}}
{{- printf "%s would be scaled by two: --set %s.keda.enabled=false\n" $n $n -}}
{{- end -}}
{{- if gt (int .pod.hpa.minReplicas) (int .pod.hpa.maxReplicas) -}}
{{- printf "%s: hpa's minReplicas exceeds maxReplicas: --set %s.hpa.maxReplicas=%d\n" $n $n (int .pod.hpa.minReplicas) -}}
{{- end -}}
{{- if .pod.keda.enabled -}}
{{- $lag := (include "ks.lag" . | fromJson).items -}}
{{- $most := 0 -}}
{{- range $lag -}}{{- $most = max $most (int .partitions) -}}{{- end -}}
{{- if not $lag -}}
{{- printf "%s has no lag that more pods would shorten: --set %s.keda.enabled=false\n" $n $n -}}
{{- else if gt (int .pod.keda.maxReplicas) (int $most) -}}
{{- printf "%s has %d partitions, more pods would be idle: --set %s.keda.maxReplicas=%d --set %s.keda.minReplicas=%d\n" $n (int $most) $n (int $most) $n (min (int $most) (int .pod.keda.minReplicas)) -}}
{{- else if gt (int .pod.keda.minReplicas) (int .pod.keda.maxReplicas) -}}
{{- printf "%s: keda's minReplicas exceeds maxReplicas: --set %s.keda.minReplicas=%d\n" $n $n (int .pod.keda.maxReplicas) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "ks.guardCallbacks" -}}
{{- $v := .Values -}}
{{- if not (include "ks.listener" .) -}}
{{- if $v.callbackIngress.enabled -}}
{{- print "callbackIngress leads nowhere without the ingress role: --set callbackIngress.enabled=false\n" -}}
{{- end -}}
{{- if $v.callbackRoute.enabled -}}
{{- print "callbackRoute leads nowhere without the ingress role: --set callbackRoute.enabled=false\n" -}}
{{- end -}}
{{- end -}}
{{- if and $v.callbackRoute.enabled (not $v.callbackRoute.parentRefs) -}}
{{- print "callbackRoute needs a Gateway: --set callbackRoute.parentRefs[0].name=NAME\n" -}}
{{- end -}}
{{- end -}}
