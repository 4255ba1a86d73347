/**
 * AWS's own names for the parts of requests and answers: `Ec2Shapes.Vpc`, `ElbShapes.Listener`, …
 *
 * Types only: nothing of the SDK is loaded. Left out: every shape of ours; there are none at this waist.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Types.html
 */
export type * as Ec2Shapes from "@aws-sdk/client-ec2"
export type * as ElbShapes from "@aws-sdk/client-elastic-load-balancing"
