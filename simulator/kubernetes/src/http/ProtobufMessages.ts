/**
 * Which number stands for which field in the binary form of the objects that clients send in it.
 *
 * A line a message: number, name and type of every field that is read. A `[]` makes a list, `{}` a map from text. `-` is passed
 * over, since no client sets it: status, and what only the server says. Everything that is not here is refused.
 *
 * @source https://github.com/kubernetes/api, the generated.proto files; https://github.com/kubernetes/apimachinery pkg/apis/meta/v1/generated.proto
 */

export interface ProtobufField {
  readonly name: string
  readonly type: string
  readonly repeated: boolean
  readonly map: boolean
}

export type ProtobufMessage = ReadonlyMap<number, ProtobufField>

const lines: { readonly [message: string]: string } = {
  ObjectMeta:
    "1 name string, 2 generateName string, 3 namespace string, 4 selfLink -, 5 uid string, 6 resourceVersion string, 7 generation -, 8 creationTimestamp -, 9 deletionTimestamp -, 10 deletionGracePeriodSeconds -, 11 labels string{}, 12 annotations string{}, 13 ownerReferences OwnerReference[], 14 finalizers string[], 17 managedFields -",
  OwnerReference:
    "1 kind string, 3 name string, 4 uid string, 5 apiVersion string, 6 controller bool, 7 blockOwnerDeletion bool",
  LabelSelector: "1 matchLabels string{}, 2 matchExpressions LabelSelectorRequirement[]",
  LabelSelectorRequirement: "1 key string, 2 operator string, 3 values string[]",
  DeleteOptions:
    "1 gracePeriodSeconds int, 2 preconditions Preconditions, 3 orphanDependents bool, 4 propagationPolicy string, 5 dryRun string[], 6 ignoreStoreReadErrorWithClusterBreakingPotential bool",
  Preconditions: "1 uid string, 2 resourceVersion string",

  Namespace: "1 metadata ObjectMeta, 2 spec NamespaceSpec, 3 status -",
  NamespaceSpec: "1 finalizers string[]",
  ConfigMap: "1 metadata ObjectMeta, 2 data string{}, 3 binaryData bytes{}, 4 immutable bool",
  Secret: "1 metadata ObjectMeta, 2 data bytes{}, 3 type string, 4 stringData string{}, 5 immutable bool",
  ServiceAccount:
    "1 metadata ObjectMeta, 2 secrets ObjectReference[], 3 imagePullSecrets LocalObjectReference[], 4 automountServiceAccountToken bool",
  LocalObjectReference: "1 name string",
  ObjectReference:
    "1 kind string, 2 namespace string, 3 name string, 4 uid string, 5 apiVersion string, 6 resourceVersion string, 7 fieldPath string",
  Event:
    "1 metadata ObjectMeta, 2 involvedObject ObjectReference, 3 reason string, 4 message string, 5 source EventSource, 6 firstTimestamp time, 7 lastTimestamp time, 8 count int, 9 type string, 10 eventTime microTime, 11 series EventSeries, 12 action string, 13 related ObjectReference, 14 reportingComponent string, 15 reportingInstance string",
  EventSource: "1 component string, 2 host string",
  EventSeries: "1 count int, 2 lastObservedTime microTime",
  Node: "1 metadata ObjectMeta, 2 spec NodeSpec, 3 status -",
  NodeSpec:
    "1 podCIDR string, 2 externalID string, 3 providerID string, 4 unschedulable bool, 5 taints Taint[], 7 podCIDRs string[]",
  Taint: "1 key string, 2 value string, 3 effect string, 4 timeAdded time",
  Lease: "1 metadata ObjectMeta, 2 spec LeaseSpec",
  LeaseSpec:
    "1 holderIdentity string, 2 leaseDurationSeconds int, 3 acquireTime microTime, 4 renewTime microTime, 5 leaseTransitions int, 6 strategy string, 7 preferredHolder string",
  PodDisruptionBudget: "1 metadata ObjectMeta, 2 spec PodDisruptionBudgetSpec, 3 status -",
  PodDisruptionBudgetSpec:
    "1 minAvailable intOrString, 2 selector LabelSelector, 3 maxUnavailable intOrString, 4 unhealthyPodEvictionPolicy string",
  Eviction: "1 metadata ObjectMeta, 2 deleteOptions DeleteOptions",

  Role: "1 metadata ObjectMeta, 2 rules PolicyRule[]",
  ClusterRole: "1 metadata ObjectMeta, 2 rules PolicyRule[]",
  PolicyRule:
    "1 verbs string[], 2 apiGroups string[], 3 resources string[], 4 resourceNames string[], 5 nonResourceURLs string[]",
  RoleBinding: "1 metadata ObjectMeta, 2 subjects Subject[], 3 roleRef RoleRef",
  ClusterRoleBinding: "1 metadata ObjectMeta, 2 subjects Subject[], 3 roleRef RoleRef",
  Subject: "1 kind string, 2 apiGroup string, 3 name string, 4 namespace string",
  RoleRef: "1 apiGroup string, 2 kind string, 3 name string",

  SelfSubjectReview: "1 metadata ObjectMeta, 2 status -",
  SelfSubjectAccessReview: "1 metadata ObjectMeta, 2 spec SelfSubjectAccessReviewSpec, 3 status -",
  SelfSubjectAccessReviewSpec: "1 resourceAttributes ResourceAttributes, 2 nonResourceAttributes NonResourceAttributes",
  ResourceAttributes:
    "1 namespace string, 2 verb string, 3 group string, 4 version string, 5 resource string, 6 subresource string, 7 name string, 8 fieldSelector -, 9 labelSelector -",
  NonResourceAttributes: "1 path string, 2 verb string",
  SelfSubjectRulesReview: "1 metadata ObjectMeta, 2 spec SelfSubjectRulesReviewSpec, 3 status -",
  SelfSubjectRulesReviewSpec: "1 namespace string",
  SubjectAccessReview: "1 metadata ObjectMeta, 2 spec SubjectAccessReviewSpec, 3 status -",
  LocalSubjectAccessReview: "1 metadata ObjectMeta, 2 spec SubjectAccessReviewSpec, 3 status -",
  SubjectAccessReviewSpec:
    "1 resourceAttributes ResourceAttributes, 2 nonResourceAttributes NonResourceAttributes, 3 user string, 4 groups string[], 5 extra -, 6 uid string",
  TokenRequest: "1 metadata ObjectMeta, 2 spec TokenRequestSpec, 3 status -",
  TokenRequestSpec: "1 audiences string[], 3 boundObjectRef -, 4 expirationSeconds int",

  Pod: "1 metadata ObjectMeta, 2 spec PodSpec, 3 status -",
  Deployment: "1 metadata ObjectMeta, 2 spec DeploymentSpec, 3 status -",
  DeploymentSpec:
    "1 replicas int, 2 selector LabelSelector, 3 template PodTemplateSpec, 4 strategy DeploymentStrategy, 5 minReadySeconds int, 6 revisionHistoryLimit int, 7 paused bool, 9 progressDeadlineSeconds int",
  DeploymentStrategy: "1 type string, 2 rollingUpdate RollingUpdateDeployment",
  RollingUpdateDeployment: "1 maxUnavailable intOrString, 2 maxSurge intOrString",
  PodTemplateSpec: "1 metadata ObjectMeta, 2 spec PodSpec",
  PodSpec:
    "2 containers Container[], 3 restartPolicy string, 4 terminationGracePeriodSeconds int, 5 activeDeadlineSeconds int, 6 dnsPolicy string, 7 nodeSelector string{}, 8 serviceAccountName string, 9 serviceAccount string, 10 nodeName string, 11 hostNetwork bool, 12 hostPID bool, 13 hostIPC bool, 15 imagePullSecrets LocalObjectReference[], 16 hostname string, 17 subdomain string, 19 schedulerName string, 20 initContainers Container[], 21 automountServiceAccountToken bool, 22 tolerations Toleration[], 24 priorityClassName string, 25 priority int",
  Toleration: "1 key string, 2 operator string, 3 value string, 4 effect string, 5 tolerationSeconds int",
  Container:
    "1 name string, 2 image string, 3 command string[], 4 args string[], 5 workingDir string, 6 ports ContainerPort[], 7 env EnvVar[], 8 resources ResourceRequirements, 9 volumeMounts VolumeMount[], 13 terminationMessagePath string, 14 imagePullPolicy string, 16 stdin bool, 17 stdinOnce bool, 18 tty bool, 20 terminationMessagePolicy string",
  ContainerPort: "1 name string, 2 hostPort int, 3 containerPort int, 4 protocol string, 5 hostIP string",
  EnvVar: "1 name string, 2 value string",
  VolumeMount: "1 name string, 2 readOnly bool, 3 mountPath string, 4 subPath string",
  ResourceRequirements: "1 limits quantity{}, 2 requests quantity{}"
}

const fieldOf = (text: string): readonly [number, ProtobufField] => {
  const [number = "", name = "", type = ""] = text.trim().split(" ")
  const repeated = type.endsWith("[]")
  const map = type.endsWith("{}")
  return [Number(number), { name, type: repeated || map ? type.slice(0, -2) : type, repeated, map }]
}

/** By name. */
export const protobufMessages: ReadonlyMap<string, ProtobufMessage> = new Map(
  Object.entries(lines).map(([name, line]) => [name, new Map(line.split(",").map(fieldOf))])
)
