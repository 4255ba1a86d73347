/**
 * One operation of the simulated account: what it accepts, and what it does.
 *
 * `perform` is a plain function that refuses by throwing before it changes anything, so that a call happens entirely or
 * not at all.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/OperationList-query.html
 */
import type { OperationMap } from "@capstan/aws"
import type { Account } from "./Account.ts"
import type { Accepts } from "./RequestShape.ts"

export interface Handler<Input, Output> {
  /** The parameters that the simulation understands; every other one is refused. */
  readonly accepts: Accepts<Input>
  /** How many resources the call affects, for operations with a resource bucket. */
  readonly affects?: (input: Input) => number
  readonly perform: (account: Account, input: Input) => Output
}

/** The handlers of some of a service's operations. */
export type Handlers<Operations extends OperationMap<Operations>, Names extends keyof Operations = keyof Operations> = {
  readonly [K in Names]: Handler<Operations[K]["input"], Operations[K]["output"]>
}

/** Keeps what was made from a frozen record for as long as the record lives: answers are made once and shared. */
export const remembered = <Record extends object, Shape extends object>(
  make: (record: Record) => Shape
): ((record: Record) => Shape) => {
  const made = new WeakMap<Record, Shape>()
  return (record) => {
    let shape = made.get(record)
    if (shape === undefined) made.set(record, (shape = Object.freeze(make(record))))
    return shape
  }
}
