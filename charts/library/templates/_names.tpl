{{/* Name of everything that belongs to one service of one release. */}}
{{- define "xinqiao.name" -}}
{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "xinqiao.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "xinqiao.labels" -}}
{{ include "xinqiao.selector" . }}
app.kubernetes.io/part-of: xinqiao
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "xinqiao.image" -}}
{{- $global := .Values.global | default dict -}}
{{ with $global.imageRegistry }}{{ . }}/{{ end }}{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}
