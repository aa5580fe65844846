{{- define "toonbooth.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "toonbooth.secret" -}}
{{ .Values.existingSecret | default (include "toonbooth.name" .) }}
{{- end }}

{{/* Of one service: (dict "root" $ "service" "gallery") */}}
{{- define "toonbooth.selector" -}}
app.kubernetes.io/name: toonbooth
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .service }}
{{- end }}

{{- define "toonbooth.labels" -}}
{{ include "toonbooth.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{/* What a pod of either service has in common with one of the other. */}}
{{- define "toonbooth.pod" -}}
{{- $values := index .root.Values .service }}
automountServiceAccountToken: false
# After the five seconds in which the others hear that it goes, and the drain.
terminationGracePeriodSeconds: {{ add .root.Values.drainSeconds 15 }}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{ include "toonbooth.selector" . | nindent 8 }}
{{- with $values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "toonbooth.container" -}}
{{- $values := index .root.Values .service }}
image: "{{ $values.image.repository }}:{{ $values.image.tag | default .root.Chart.AppVersion }}"
imagePullPolicy: {{ $values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
resources: {{ toYaml $values.resources | nindent 2 }}
lifecycle:
  preStop:
    exec: {command: [sleep, "5"]}
startupProbe:
  httpGet: {path: /health/live, port: http}
  periodSeconds: 2
  failureThreshold: 90
livenessProbe:
  httpGet: {path: /health/live, port: http}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /health/ready, port: http}
  periodSeconds: 5
  timeoutSeconds: 12
  failureThreshold: 2
{{- end }}

{{- define "toonbooth.environment" -}}
{{- range $name, $value := . }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end }}

{{- define "toonbooth.autoscaling" -}}
{{- $values := (index .root.Values .service).autoscaling }}
{{- $name := printf "%s-%s" (include "toonbooth.name" .root) .service }}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ $name }}
  labels: {{ include "toonbooth.labels" . | nindent 4 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ $name }}}
  minReplicas: {{ $values.minReplicas }}
  maxReplicas: {{ $values.maxReplicas }}
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: {{ $values.cpuUtilization }}}}
    {{- with $values.metrics }}{{ toYaml . | nindent 4 }}{{ end }}
  behavior:
    # People come in waves: fast up, slowly down.
    scaleUp:
      stabilizationWindowSeconds: 0
      policies: [{type: Percent, value: 100, periodSeconds: 30}]
    scaleDown:
      stabilizationWindowSeconds: 300
      policies: [{type: Pods, value: 1, periodSeconds: 60}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ $name }}
  labels: {{ include "toonbooth.labels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {{ include "toonbooth.selector" . | nindent 6 }}
{{- end }}
