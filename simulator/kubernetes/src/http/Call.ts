/** One request on its way through the door, with all that its handlers need to know. */
import type { ApiServer } from "../ApiServer.ts"
import type { User } from "./Authorization.ts"
import type { HttpRequest } from "./HttpExchange.ts"
import type { After } from "./WatchStream.ts"

/** Makes a token that stands for a user for so many seconds of the world's time. */
export type IssueToken = (user: User, seconds: number) => string

export interface Call {
  readonly server: ApiServer
  readonly request: HttpRequest
  readonly query: URLSearchParams
  readonly user: User
  readonly after: After
  /** Whether the caller may only look, and must leave no trace. */
  readonly onlooker: boolean
  readonly issueToken: IssueToken | undefined
}

/** Whether the caller wants changes rather than what is there. */
export const isWatch = (query: URLSearchParams): boolean => ["1", "true"].includes(query.get("watch") ?? "")
