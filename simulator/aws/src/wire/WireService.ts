/**
 * The services behind the wire: how each is told apart, and which protocol it speaks.
 *
 * EC2 has a query protocol of its own, load balancers, IAM and STS share another, Secrets Manager speaks JSON 1.1.
 *
 * @fidelity documented https://smithy.io/2.0/aws/protocols/aws-query-protocol.html — Requests, answers and errors of the query protocol.
 * @fidelity documented https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html — Requests, answers and errors of the EC2 query protocol.
 * @fidelity documented https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html — Requests, answers and errors of JSON 1.1.
 * @source https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html
 */
import {
  type AwsServiceName,
  ec2Mutating,
  elbMutating,
  iamMutating,
  secretsManagerMutating,
  stsMutating
} from "@capstan/aws"

export type Protocol = "ec2" | "query" | "json"

export interface WireService {
  readonly name: AwsServiceName
  /** Its name in the scope of a signature. */
  readonly signingName: string
  readonly protocol: Protocol
  /** Of its interface; the `Version` parameter of a query. */
  readonly version: string
  /** The XML namespace of its answers; in JSON, what stands before an operation's name in `X-Amz-Target`. */
  readonly namespace: string
  /** Which operations change the account. */
  readonly mutating: { readonly [operation: string]: boolean }
  /** Global services are signed for one region, whichever the caller works in. */
  readonly anyRegion: boolean
  /** How far the clocks of caller and service may lie apart, minutes. */
  readonly skewMinutes: number
}

export const wireServices: ReadonlyArray<WireService> = [
  {
    name: "ec2",
    signingName: "ec2",
    protocol: "ec2",
    version: "2016-11-15",
    namespace: "http://ec2.amazonaws.com/doc/2016-11-15/",
    mutating: { ...ec2Mutating },
    anyRegion: false,
    skewMinutes: 5
  },
  {
    name: "elb",
    signingName: "elasticloadbalancing",
    protocol: "query",
    version: "2012-06-01",
    namespace: "http://elasticloadbalancing.amazonaws.com/doc/2012-06-01/",
    mutating: { ...elbMutating },
    anyRegion: false,
    skewMinutes: 5
  },
  {
    name: "secretsmanager",
    signingName: "secretsmanager",
    protocol: "json",
    version: "2017-10-17",
    namespace: "secretsmanager",
    mutating: { ...secretsManagerMutating },
    anyRegion: false,
    skewMinutes: 5
  },
  {
    name: "iam",
    signingName: "iam",
    protocol: "query",
    version: "2010-05-08",
    namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
    mutating: { ...iamMutating },
    anyRegion: true,
    skewMinutes: 5
  },
  {
    name: "sts",
    signingName: "sts",
    protocol: "query",
    version: "2011-06-15",
    namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
    mutating: { ...stsMutating },
    anyRegion: true,
    skewMinutes: 15
  }
]
