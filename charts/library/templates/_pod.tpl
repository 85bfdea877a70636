{{/* What the process reads: configuration is environment, secrets are mounted files or secret keys. */}}
{{- define "xinqiao.environment" -}}
{{- $platform := mergeOverwrite (deepCopy .Values.platform) (default dict (default dict .Values.global).platform) -}}
- name: XINQIAO_PROFILE
  value: {{ $platform.profile | quote }}
- name: XINQIAO_CLOCK
  value: system
- name: XINQIAO_LISTEN
  value: "0.0.0.0:{{ .Values.port }}"
- name: XINQIAO_DATABASE_URL
  valueFrom:
    secretKeyRef:
      name: {{ required "database.existingSecret names the secret with the keys app-url and owner-url" .Values.database.existingSecret }}
      key: app-url
- name: XINQIAO_NATS_URL
  value: {{ required "platform.natsUrl is the address of JetStream" $platform.natsUrl | quote }}
{{- with .Values.bus.existingSecret }}
- name: XINQIAO_NATS_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ . }}
      key: password
{{- end }}
- name: XINQIAO_TOKEN_ISSUER
  value: {{ required "platform.tokenIssuer is the URL of the identity provider, as its tokens name it" $platform.tokenIssuer | quote }}
{{- with $platform.jwksUrl }}
- name: XINQIAO_JWKS_URL
  value: {{ . | quote }}
{{- end }}
- name: XINQIAO_TOKEN_AUDIENCE
  value: {{ $platform.tokenAudience | quote }}
- name: XINQIAO_DISTRICTS_DIR
  value: /run/xinqiao/districts
- name: XINQIAO_OBJECT_STORE_DIR
  value: /var/lib/xinqiao/objects
{{- if .Values.archiveClaim }}
- name: XINQIAO_ARCHIVE_DIR
  value: /var/lib/xinqiao/archive
{{- end }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ $platform.otlpEndpoint | quote }}
- name: XINQIAO_TRACE_RATIO
  value: {{ $platform.traceRatio | quote }}
{{- range $name, $value := .Values.environment }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}

{{/* The key of the audit chain, for the running service only: the migration has the rights of the database's owner, and
     whoever has both could rewrite the chain and sign it again. */}}
{{- define "xinqiao.auditEnvironment" -}}
- name: XINQIAO_AUDIT_KEY_FILE
  value: /run/xinqiao/audit/signing.pem
- name: XINQIAO_AUDIT_PUBLIC_KEYS_FILE
  value: /run/xinqiao/audit/public-keys.pem
{{- end }}

{{- define "xinqiao.auditMount" -}}
- name: audit
  mountPath: /run/xinqiao/audit
  readOnly: true
{{- end }}

{{- define "xinqiao.auditVolume" -}}
- name: audit
  secret:
    secretName: {{ required "audit.existingSecret names the secret with signing.pem and public-keys.pem" .Values.audit.existingSecret }}
{{- end }}

{{/* TLS of the running service: its certificate, the authorities of its callers, and who of them may call what. One
     volume for all four files, so that the kubelet exchanges them together; the process sees it by itself. */}}
{{- define "xinqiao.tlsEnvironment" -}}
{{- $platform := mergeOverwrite (deepCopy .Values.platform) (default dict (default dict .Values.global).platform) -}}
- name: XINQIAO_HEALTH_LISTEN
  value: "0.0.0.0:{{ .Values.healthPort }}"
{{- if $platform.tls.enabled }}
- name: XINQIAO_TLS_CERT_FILE
  value: /run/xinqiao/tls/tls.crt
- name: XINQIAO_TLS_KEY_FILE
  value: /run/xinqiao/tls/tls.key
- name: XINQIAO_TLS_CLIENT_CA_FILE
  value: /run/xinqiao/tls/ca.crt
- name: XINQIAO_TLS_CALLERS_FILE
  value: /run/xinqiao/tls/callers.yaml
- name: XINQIAO_TLS_RELOAD_MS
  value: {{ $platform.tls.reloadMs | quote }}
{{- end }}
{{- end }}

{{- define "xinqiao.tlsMount" -}}
{{- $platform := mergeOverwrite (deepCopy .Values.platform) (default dict (default dict .Values.global).platform) -}}
{{- if $platform.tls.enabled }}
- name: tls
  mountPath: /run/xinqiao/tls
  readOnly: true
{{- end }}
{{- end }}

{{/* How petitioners are told, for the running service that tells them. */}}
{{- define "xinqiao.noticeEnvironment" -}}
{{- with .Values.notices }}
- name: XINQIAO_NOTICE_SMS
  value: {{ .sms.channel | quote }}
- name: XINQIAO_NOTICE_SMS_URL
  value: {{ .sms.url | quote }}
{{- with .sms.existingSecret }}
- name: XINQIAO_NOTICE_SMS_KEY
  valueFrom:
    secretKeyRef:
      name: {{ . }}
      key: hmac-key
{{- end }}
- name: XINQIAO_NOTICE_EMAIL
  value: {{ .email.channel | quote }}
- name: XINQIAO_NOTICE_SMTP_HOST
  value: {{ .email.host | quote }}
- name: XINQIAO_NOTICE_SMTP_PORT
  value: {{ .email.port | quote }}
- name: XINQIAO_NOTICE_SMTP_TLS
  value: {{ .email.tls | quote }}
- name: XINQIAO_NOTICE_SMTP_FROM
  value: {{ .email.from | quote }}
{{- with .email.existingSecret }}
- name: XINQIAO_NOTICE_SMTP_USER
  valueFrom:
    secretKeyRef:
      name: {{ . }}
      key: user
- name: XINQIAO_NOTICE_SMTP_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ . }}
      key: password
{{- end }}
{{- if .caConfigMap }}
- name: XINQIAO_NOTICE_SMS_CA_FILE
  value: /run/xinqiao/notice-ca/ca.pem
- name: XINQIAO_NOTICE_SMTP_CA_FILE
  value: /run/xinqiao/notice-ca/ca.pem
{{- end }}
- name: XINQIAO_NOTICE_ATTEMPTS_MAX
  value: {{ int64 .attemptsMax | quote }}
- name: XINQIAO_NOTICE_BACKOFF_MS
  value: {{ int64 .backoffMs | quote }}
- name: XINQIAO_NOTICE_BACKOFF_MAX_MS
  value: {{ int64 .backoffMaxMs | quote }}
{{- end }}
{{- end }}

{{- define "xinqiao.noticeMount" -}}
{{- with (default dict .Values.notices).caConfigMap }}
- name: notice-ca
  mountPath: /run/xinqiao/notice-ca
  readOnly: true
{{- end }}
{{- end }}

{{- define "xinqiao.noticeVolume" -}}
{{- with (default dict .Values.notices).caConfigMap }}
- name: notice-ca
  configMap:
    name: {{ . }}
{{- end }}
{{- end }}

{{/* The data keys and what unwraps them, for the running service only: the migration opens nothing. */}}
{{- define "xinqiao.keyEnvironment" -}}
{{- $platform := mergeOverwrite (deepCopy .Values.platform) (default dict (default dict .Values.global).platform) -}}
{{- if not (or $platform.kekSecret $platform.vault.url) }}
{{- fail "platform.kekSecret names the secret with kek.json, or platform.vault.url the Vault that unwraps the key book" }}
{{- end -}}
- name: XINQIAO_KEY_BOOK_FILE
  value: /run/xinqiao/key-book/keybook.json
{{- if $platform.kekSecret }}
- name: XINQIAO_KEK_FILE
  value: /run/xinqiao/kek/kek.json
{{- end }}
{{- with $platform.vault.url }}
- name: XINQIAO_VAULT_URL
  value: {{ . | quote }}
{{- end }}
{{- if $platform.vault.tokenSecret }}
- name: XINQIAO_VAULT_TOKEN_FILE
  value: /run/xinqiao/vault-token/token
{{- end }}
{{- if $platform.vault.caConfigMap }}
- name: XINQIAO_VAULT_CA_FILE
  value: /run/xinqiao/vault-ca/ca.pem
{{- end }}
{{- with $platform.vault.namespace }}
- name: XINQIAO_VAULT_NAMESPACE
  value: {{ . | quote }}
{{- end }}
- name: XINQIAO_VAULT_MOUNT
  value: {{ $platform.vault.mount | quote }}
- name: XINQIAO_VAULT_KEY
  value: {{ $platform.vault.key | quote }}
- name: XINQIAO_VAULT_ACCUSATION_KEY
  value: {{ $platform.vault.accusationKey | quote }}
{{- end }}

{{/* Whole folders, never single files: a changed book or token arrives in a running pod. */}}
{{- define "xinqiao.keyMounts" -}}
{{- $platform := mergeOverwrite (deepCopy .Values.platform) (default dict (default dict .Values.global).platform) -}}
- name: key-book
  mountPath: /run/xinqiao/key-book
  readOnly: true
{{- if $platform.kekSecret }}
- name: kek
  mountPath: /run/xinqiao/kek
  readOnly: true
{{- end }}
{{- if $platform.vault.tokenSecret }}
- name: vault-token
  mountPath: /run/xinqiao/vault-token
  readOnly: true
{{- end }}
{{- if $platform.vault.caConfigMap }}
- name: vault-ca
  mountPath: /run/xinqiao/vault-ca
  readOnly: true
{{- end }}
{{- end }}

{{- define "xinqiao.tlsVolume" -}}
{{- $platform := mergeOverwrite (deepCopy .Values.platform) (default dict (default dict .Values.global).platform) -}}
{{- if $platform.tls.enabled }}
- name: tls
  projected:
    sources:
      - secret:
          name: {{ required "tls.existingSecret names the secret with tls.crt and tls.key; or turn platform.tls.enabled off where a mesh does it" .Values.tls.existingSecret }}
          items:
            - { key: tls.crt, path: tls.crt }
            - { key: tls.key, path: tls.key }
            {{- if not $platform.tls.clientCaConfigMap }}
            - { key: ca.crt, path: ca.crt }
            {{- end }}
      {{- with $platform.tls.clientCaConfigMap }}
      - configMap:
          name: {{ . }}
          items:
            - { key: ca.crt, path: ca.crt }
      {{- end }}
      - configMap:
          name: {{ include "xinqiao.name" . | trunc 55 }}-callers
{{- end }}
{{- end }}

{{- define "xinqiao.keyVolumes" -}}
{{- $platform := mergeOverwrite (deepCopy .Values.platform) (default dict (default dict .Values.global).platform) -}}
- name: key-book
  configMap:
    name: {{ required "platform.keyBookConfigMap names the config map with keybook.json" $platform.keyBookConfigMap }}
{{- with $platform.kekSecret }}
- name: kek
  secret:
    secretName: {{ . }}
    # Production refuses a file that everybody may open.
    defaultMode: 0440
{{- end }}
{{- with $platform.vault.tokenSecret }}
- name: vault-token
  secret:
    secretName: {{ . }}
    defaultMode: 0440
{{- end }}
{{- with $platform.vault.caConfigMap }}
- name: vault-ca
  configMap:
    name: {{ . }}
{{- end }}
{{- end }}

{{- define "xinqiao.security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "xinqiao.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
fsGroup: 10001
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "xinqiao.mounts" -}}
- name: districts
  mountPath: /run/xinqiao/districts
  readOnly: true
- name: objects
  mountPath: /var/lib/xinqiao/objects
{{- if .Values.archiveClaim }}
- name: archive
  mountPath: /var/lib/xinqiao/archive
{{- end }}
{{- end }}

{{- define "xinqiao.volumes" -}}
{{- $platform := mergeOverwrite (deepCopy .Values.platform) (default dict (default dict .Values.global).platform) -}}
- name: districts
  configMap:
    name: {{ required "platform.districtsConfigMap names the config map with the district files" $platform.districtsConfigMap }}
- name: objects
  persistentVolumeClaim:
    claimName: {{ required "platform.objectsClaim names the volume all services share for sealed documents" $platform.objectsClaim }}
{{- if .Values.archiveClaim }}
- name: archive
  persistentVolumeClaim:
    claimName: {{ .Values.archiveClaim }}
{{- end }}
{{- end }}
