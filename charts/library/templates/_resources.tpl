{{/* Everything one service needs: the whole of a service chart. */}}
{{- define "xinqiao.service" -}}
{{ include "xinqiao.deployment" . }}
---
{{ include "xinqiao.address" . }}
---
{{ include "xinqiao.migration" . }}
---
{{ include "xinqiao.callers" . }}
{{- end }}

{{- define "xinqiao.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "xinqiao.name" . }}
  labels: {{- include "xinqiao.labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels: {{- include "xinqiao.selector" . | nindent 6 }}
  template:
    metadata:
      labels: {{- include "xinqiao.labels" . | nindent 8 }}
    spec:
      automountServiceAccountToken: false
      terminationGracePeriodSeconds: {{ .Values.terminationGraceSeconds }}
      securityContext: {{- include "xinqiao.podSecurity" . | nindent 8 }}
      containers:
        - name: {{ .Chart.Name }}
          image: {{ include "xinqiao.image" . }}
          imagePullPolicy: {{ .Values.image.pullPolicy }}
          args: [serve]
          ports:
            - name: grpc
              containerPort: {{ .Values.port }}
            - name: health
              containerPort: {{ .Values.healthPort }}
          env:
            {{- include "xinqiao.environment" . | nindent 12 }}
            {{- include "xinqiao.keyEnvironment" . | nindent 12 }}
            {{- include "xinqiao.auditEnvironment" . | nindent 12 }}
            {{- include "xinqiao.tlsEnvironment" . | nindent 12 }}
            {{- include "xinqiao.noticeEnvironment" . | nindent 12 }}
          # The kubelet speaks no TLS to a gRPC probe and has no certificate: health has a port of its own, where nothing
          # else is answered. Started and ready mean the same question: migrations seen, own database reached, not
          # draining.
          startupProbe:
            grpc:
              port: {{ .Values.healthPort }}
            periodSeconds: 2
            failureThreshold: 60
          readinessProbe:
            grpc:
              port: {{ .Values.healthPort }}
            periodSeconds: 5
          # Alive means that the process accepts connections; what it depends on never restarts it.
          livenessProbe:
            tcpSocket:
              port: health
            periodSeconds: 10
          resources: {{- toYaml .Values.resources | nindent 12 }}
          securityContext: {{- include "xinqiao.security" . | nindent 12 }}
          volumeMounts:
            {{- include "xinqiao.mounts" . | nindent 12 }}
            {{- include "xinqiao.keyMounts" . | nindent 12 }}
            {{- include "xinqiao.auditMount" . | nindent 12 }}
            {{- include "xinqiao.tlsMount" . | nindent 12 }}
            {{- include "xinqiao.noticeMount" . | nindent 12 }}
      volumes:
        {{- include "xinqiao.volumes" . | nindent 8 }}
        {{- include "xinqiao.keyVolumes" . | nindent 8 }}
        {{- include "xinqiao.auditVolume" . | nindent 8 }}
        {{- include "xinqiao.tlsVolume" . | nindent 8 }}
        {{- include "xinqiao.noticeVolume" . | nindent 8 }}
{{- end }}

{{- define "xinqiao.address" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "xinqiao.name" . }}
  labels: {{- include "xinqiao.labels" . | nindent 4 }}
spec:
  # Headless: clients balance calls themselves, a gRPC connection would stick to one pod.
  clusterIP: None
  selector: {{- include "xinqiao.selector" . | nindent 4 }}
  ports:
    - name: grpc
      port: {{ .Values.port }}
      targetPort: grpc
{{- end }}

{{- define "xinqiao.migration" -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "xinqiao.name" . | trunc 55 }}-migrate
  labels: {{- include "xinqiao.labels" . | nindent 4 }}
  annotations:
    # Before the new pods; when it fails, nothing is rolled out.
    helm.sh/hook: pre-install,pre-upgrade
    helm.sh/hook-delete-policy: before-hook-creation
spec:
  backoffLimit: 2
  activeDeadlineSeconds: {{ .Values.migration.deadlineSeconds }}
  template:
    metadata:
      labels: {{- include "xinqiao.labels" . | nindent 8 }}
    spec:
      restartPolicy: Never
      automountServiceAccountToken: false
      securityContext: {{- include "xinqiao.podSecurity" . | nindent 8 }}
      containers:
        - name: migrate
          image: {{ include "xinqiao.image" . }}
          imagePullPolicy: {{ .Values.image.pullPolicy }}
          args: [migrate]
          env:
            - name: XINQIAO_OWNER_DATABASE_URL
              valueFrom:
                secretKeyRef:
                  name: {{ .Values.database.existingSecret }}
                  key: owner-url
            {{- include "xinqiao.environment" . | nindent 12 }}
          resources: {{- toYaml .Values.resources | nindent 12 }}
          securityContext: {{- include "xinqiao.security" . | nindent 12 }}
          volumeMounts: {{- include "xinqiao.mounts" . | nindent 12 }}
      volumes: {{- include "xinqiao.volumes" . | nindent 8 }}
{{- end }}

{{/* Who may call what; changed here, it holds without a restart as soon as the kubelet has brought it. */}}
{{- define "xinqiao.callers" -}}
{{- $platform := mergeOverwrite (deepCopy .Values.platform) (default dict (default dict .Values.global).platform) -}}
{{- if $platform.tls.enabled }}
{{- if not $platform.tls.callers }}{{ fail "platform.tls.callers lists who may call what; while it is empty nobody can" }}{{ end }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "xinqiao.name" . | trunc 55 }}-callers
  labels: {{- include "xinqiao.labels" . | nindent 4 }}
data:
  callers.yaml: |
    callers: {{- toYaml $platform.tls.callers | nindent 6 }}
{{- end }}
{{- end }}
