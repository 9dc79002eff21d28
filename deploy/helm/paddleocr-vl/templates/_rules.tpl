{{/*
The groups of deploy/prometheus/rules.yml, as this release's own: what they read is narrowed to its pods, and what they
record and tell is labelled with its name. Tritons elsewhere are scraped elsewhere, under whatever name.
*/}}
{{- define "ocr.ruleGroups" -}}
{{- $elsewhere := ne .Values.triton.url "" -}}
{{- $read := `ocr_gateway_[a-z_]+|process_[a-z_]+|up` -}}
{{- $parts := "gateway" -}}
{{- if not $elsewhere -}}
{{- $read = printf `%s|(?:vlm|layout|ocr_page|nv)_[a-z_]+_(?:sum|bucket|total|bytes)` $read -}}
{{- $parts = "(gateway|triton)" -}}
{{- end -}}
{{- $pods := printf `namespace=%q, pod=~%q` .Release.Namespace (printf "%s-%s.+" (include "ocr.fullname" .) $parts) -}}
{{- $release := dict "namespace" .Release.Namespace "release" .Release.Name -}}
{{- $recorded := printf `namespace=%q, release=%q` .Release.Namespace .Release.Name -}}
{{- range $group := (fromYaml (.Files.Get "files/rules.yml")).groups }}
- name: {{ $group.name }}
  rules:
    {{- range $rule := $group.rules }}
    {{- if not (and $elsewhere (eq (default "" $rule.alert) "OcrNoTriton")) }}
    {{- $expr := regexReplaceAll (printf `\b(%s)\{` $read) $rule.expr (printf `${1}{%s, ` $pods) }}
    {{- $expr = regexReplaceAll (printf `\b(%s)([^a-z_{]|$)` $read) $expr (printf `${1}{%s}${2}` $pods) }}
    {{- $expr = regexReplaceAll `\b((?:ocr|instance):[a-z0-9_:]+)` $expr (printf `${1}{%s}` $recorded) }}
    - {{- toYaml (merge (dict "expr" $expr "labels" (merge (dict) $release (default dict $rule.labels))) $rule) | nindent 6 }}
    {{- end }}
    {{- end }}
{{- end }}
{{- end -}}
