/**
 * The load balancer before the API servers, as the user asks for it.
 *
 * Only the classic kind is built here; the fields of the newer kinds are kept and checked.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws api/v1beta2/awscluster_types.go
 */
import { int64, list, text, withDefault } from "@capstan/api"
import { Schema } from "effect"
import { IngressRule } from "./IngressRule.ts"

const healthCheckNumbers = {
  intervalSeconds: Schema.optionalKey(int64({ minimum: 5, maximum: 300 })),
  thresholdCount: Schema.optionalKey(int64({ minimum: 2, maximum: 10 })),
  timeoutSeconds: Schema.optionalKey(int64({ minimum: 2, maximum: 120 })),
  unhealthyThresholdCount: Schema.optionalKey(int64({ minimum: 2, maximum: 10 }))
}

const AddressFamily = Schema.Literals(["ipv4", "ipv6"])

/** A port besides the API server's, for network load balancers. */
export const AdditionalListener = Schema.Struct({
  healthCheck: Schema.optionalKey(
    Schema.Struct({
      intervalSeconds: healthCheckNumbers.intervalSeconds,
      path: Schema.optionalKey(Schema.String),
      port: Schema.optionalKey(Schema.String),
      protocol: Schema.optionalKey(Schema.Literals(["TCP", "HTTP", "HTTPS"])),
      thresholdCount: healthCheckNumbers.thresholdCount,
      timeoutSeconds: healthCheckNumbers.timeoutSeconds,
      unhealthyThresholdCount: healthCheckNumbers.unhealthyThresholdCount
    })
  ),
  port: int64({ minimum: 1, maximum: 65535 }),
  protocol: Schema.optionalKey(withDefault(Schema.Literals(["TCP"]), "TCP")),
  targetGroupIPType: Schema.optionalKey(AddressFamily)
})

/** `classic` is what an empty type has meant since the first version. */
export const LoadBalancerSpec = Schema.Struct({
  additionalListeners: Schema.optionalKey(list(AdditionalListener, { keys: ["port"] })),
  additionalSecurityGroups: Schema.optionalKey(list(Schema.String)),
  crossZoneLoadBalancing: Schema.optionalKey(Schema.Boolean),
  disableHostsRewrite: Schema.optionalKey(Schema.Boolean),
  dnsResolutionCheck: Schema.optionalKey(Schema.Literals(["None", "Enabled"])),
  healthCheck: Schema.optionalKey(Schema.Struct(healthCheckNumbers)),
  healthCheckProtocol: Schema.optionalKey(Schema.Literals(["TCP", "SSL", "HTTP", "HTTPS", "TLS", "UDP"])),
  ingressRules: Schema.optionalKey(list(IngressRule)),
  loadBalancerType: Schema.optionalKey(
    withDefault(Schema.Literals(["classic", "elb", "alb", "nlb", "disabled"]), "classic")
  ),
  name: Schema.optionalKey(
    text({ maxLength: 32, pattern: "^[A-Za-z0-9]([A-Za-z0-9]{0,31}|[-A-Za-z0-9]{0,30}[A-Za-z0-9])$" })
  ),
  preserveClientIP: Schema.optionalKey(Schema.Boolean),
  scheme: Schema.optionalKey(withDefault(Schema.Literals(["internet-facing", "internal"]), "internet-facing")),
  subnets: Schema.optionalKey(list(Schema.String)),
  targetGroupIPType: Schema.optionalKey(AddressFamily)
})
export interface LoadBalancerSpec extends Schema.Schema.Type<typeof LoadBalancerSpec> {}
