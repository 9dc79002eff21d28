{{- define "ocr.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "ocr.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains (include "ocr.name" .) .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "ocr.name" .) | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What selects the pods of one part. Called with (list . "gateway"). */}}
{{- define "ocr.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ include "ocr.name" $root }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{- define "ocr.labels" -}}
{{- $root := index . 0 -}}
{{ include "ocr.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "ocr.image" -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag }}
{{- end -}}
{{- end -}}

{{- define "ocr.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (include "ocr.fullname" .) -}}
{{- end -}}

{{/* What is the same in both pods; called with (list . "gateway"). */}}
{{- define "ocr.podSpec" -}}
{{- $root := index . 0 -}}
{{- $part := index $root.Values (index . 1) -}}
serviceAccountName: {{ include "ocr.serviceAccount" $root }}
automountServiceAccountToken: false
# Variables such as GATEWAY_PORT, which Kubernetes would make of a service of that name, are settings here.
enableServiceLinks: false
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with $part.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $part.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $part.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $part.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
  {{- with $part.topologySpreadConstraints }}
  {{- toYaml . | nindent 2 }}
  {{- else }}
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "ocr.selector" . | nindent 8 }}
  {{- end }}
{{- end -}}

{{- define "ocr.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* Variables of a map of settings. */}}
{{- define "ocr.settings" -}}
{{- range $name, $value := . }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end -}}

{{/* Pages that one gateway may have in a Triton: with as many of all others they stay within its OCR_MAX_IN_FLIGHT. */}}
{{- define "ocr.pagesATriton" -}}
{{- $gateway := .Values.gateway -}}
{{- $gateways := ternary $gateway.autoscaling.maxReplicas $gateway.replicas $gateway.autoscaling.enabled -}}
{{- max 1 (div (default "64" .Values.triton.settings.OCR_MAX_IN_FLIGHT) $gateways) -}}
{{- end -}}

{{/* Where both pods find the authorities of trustedCa; empty where none are named. */}}
{{- define "ocr.trustedCaFile" -}}
{{- with .Values.trustedCa -}}
{{- if or .existingSecret .existingConfigMap -}}
/trusted-ca/{{ .key }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "ocr.trustedCaVolume" -}}
{{- with .Values.trustedCa -}}
{{- $items := printf "[{key: %s, path: %s}]" .key .key -}}
{{- if .existingSecret -}}
- name: trusted-ca
  secret: {secretName: {{ .existingSecret }}, items: {{ $items }}}
{{- else if .existingConfigMap -}}
- name: trusted-ca
  configMap: {name: {{ .existingConfigMap }}, items: {{ $items }}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* A rule of what may go out; called with a map of `to` and `ports`. */}}
{{- define "ocr.egress" -}}
- to:
    {{- toYaml .to | nindent 4 }}
  ports:
    {{- range .ports }}
    - {port: {{ . }}, protocol: TCP}
    {{- end }}
{{- end -}}

{{- define "ocr.dnsEgress" -}}
- to:
    {{- toYaml .Values.networkPolicy.dns | nindent 4 }}
  ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
{{- end -}}
