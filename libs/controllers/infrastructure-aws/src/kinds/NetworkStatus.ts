/**
 * What the controller knows of the network: security groups, load balancers, the NAT gateways' addresses.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws api/v1beta2/network_types.go
 */
import { dictionary, int64, list, text } from "@capstan/api"
import { Schema } from "effect"
import { IngressRule } from "./IngressRule.ts"

/** One security group as found at AWS. */
export const SecurityGroup = Schema.Struct({
  id: Schema.String,
  ingressRule: Schema.optionalKey(list(IngressRule)),
  name: Schema.String,
  tags: Schema.optionalKey(dictionary(Schema.String))
})
export interface SecurityGroup extends Schema.Schema.Type<typeof SecurityGroup> {}

const TargetGroupProtocol = Schema.Literals(["tcp", "tls", "udp", "TCP", "TLS", "UDP"])

/** One load balancer as found at AWS; the parts of newer kinds stay empty for a classic one. */
export const LoadBalancer = Schema.Struct({
  arn: Schema.optionalKey(Schema.String),
  attributes: Schema.optionalKey(
    Schema.Struct({
      crossZoneLoadBalancing: Schema.optionalKey(Schema.Boolean),
      /** Nanoseconds, as Go counts durations. */
      idleTimeout: Schema.optionalKey(int64())
    })
  ),
  availabilityZones: Schema.optionalKey(list(Schema.String)),
  dnsName: Schema.optionalKey(Schema.String),
  elbAttributes: Schema.optionalKey(dictionary(Schema.String)),
  elbListeners: Schema.optionalKey(
    list(
      Schema.Struct({
        port: int64(),
        protocol: Schema.String,
        targetGroup: Schema.Struct({
          ipType: Schema.optionalKey(Schema.String),
          name: text({ maxLength: 32 }),
          port: int64(),
          protocol: TargetGroupProtocol,
          targetGroupHealthCheck: Schema.optionalKey(
            Schema.Struct({
              intervalSeconds: Schema.optionalKey(int64()),
              path: Schema.optionalKey(Schema.String),
              port: Schema.optionalKey(Schema.String),
              protocol: Schema.optionalKey(Schema.String),
              thresholdCount: Schema.optionalKey(int64()),
              timeoutSeconds: Schema.optionalKey(int64()),
              unhealthyThresholdCount: Schema.optionalKey(int64())
            })
          ),
          vpcId: Schema.String
        })
      })
    )
  ),
  healthChecks: Schema.optionalKey(
    Schema.Struct({
      healthyThreshold: int64(),
      /** Nanoseconds. */
      interval: int64(),
      target: Schema.String,
      /** Nanoseconds. */
      timeout: int64(),
      unhealthyThreshold: int64()
    })
  ),
  listeners: Schema.optionalKey(
    list(
      Schema.Struct({
        instancePort: int64(),
        instanceProtocol: Schema.String,
        port: int64(),
        protocol: Schema.String
      })
    )
  ),
  loadBalancerIPAddressType: Schema.optionalKey(
    Schema.Literals(["ipv4", "dualstack", "dualstack-without-public-ipv4"])
  ),
  loadBalancerType: Schema.optionalKey(Schema.Literals(["classic", "elb", "alb", "nlb"])),
  name: Schema.optionalKey(Schema.String),
  scheme: Schema.optionalKey(Schema.String),
  securityGroupIds: Schema.optionalKey(list(Schema.String)),
  subnetIds: Schema.optionalKey(list(Schema.String)),
  tags: Schema.optionalKey(dictionary(Schema.String))
})
export interface LoadBalancer extends Schema.Schema.Type<typeof LoadBalancer> {}

/** Everything of the network that is not wished for but found. */
export const NetworkStatus = Schema.Struct({
  apiServerElb: Schema.optionalKey(LoadBalancer),
  natGatewaysIPs: Schema.optionalKey(list(Schema.String)),
  secondaryAPIServerELB: Schema.optionalKey(LoadBalancer),
  securityGroups: Schema.optionalKey(dictionary(SecurityGroup))
})
export interface NetworkStatus extends Schema.Schema.Type<typeof NetworkStatus> {}
