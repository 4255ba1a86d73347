/**
 * The HTTP door of the simulated API server: a request in, an answer out.
 *
 * It speaks what kubectl, client-go and client-node speak: discovery, tables, patches, watches, subresources. It works on the server
 * directly and at once: whoever owns the sockets lets it in between two steps of the world. Nothing that a request holds makes it
 * throw; what does is a defect and answered with 500.
 * Left out: answers in YAML, CBOR and protobuf, `log`, `exec`, `proxy`, OpenAPI v2, audit, fairness.
 *
 * @source https://kubernetes.io/docs/reference/using-api/api-concepts/
 * @fidelity observed kube-apiserver-1.36 — Paths and verbs, who is let in.
 */
import { apiError, type ApiError } from "@capstan/kubernetes"
import { Result } from "effect"
import type { ApiServer } from "../ApiServer.ts"
import { isNative } from "../Selection.ts"
import { badRequest } from "../StatusErrors.ts"
import { isAllowed, notAllowed, type User, type Wish } from "./Authorization.ts"
import { type Call, type IssueToken, isWatch } from "./Call.ts"
import { deleteObjects } from "./Deleting.ts"
import { discovery } from "./Discovery.ts"
import { type HttpAnswer, type HttpRequest, json, plain } from "./HttpExchange.ts"
import { bodyBytesMax, objectBody, tooLarge } from "./RequestBody.ts"
import {
  type DocumentTarget,
  type RequestTarget,
  requestTarget,
  type ResourceTarget,
  type UnknownTarget
} from "./RequestTarget.ts"
import { reviewAt, reviewed } from "./Reviews.ts"
import { ServedKinds } from "./ServedKinds.ts"
import { methodNotAllowed, refuse, unauthorized } from "./StatusAnswer.ts"
import { openApi } from "./OpenApi.ts"
import { patchObject } from "./Patching.ts"
import { readObjects } from "./Reading.ts"
import type { After } from "./WatchStream.ts"
import { postObject, putObject } from "./Writing.ts"

export interface ApiDoorOptions {
  readonly server: ApiServer
  /** Whose token this is. */
  readonly userOf: (token: string) => User | undefined
  readonly after: After
  /** Makes a token for a user and remembers it for so many seconds; without it, no tokens can be asked for. */
  readonly issueToken?: IssueToken
  /** The Kubernetes version that the server calls its own, such as `v1.33.4`. */
  readonly gitVersion?: string
  /** Why nothing can be written: every write is refused with 405 and these words. Reviews are none. */
  readonly readOnly?: string
}

/** A path and query longer than this is refused. Characters. */
const targetLengthMax = 65_536

export class ApiDoor {
  private readonly options: ApiDoorOptions
  private readonly served: ServedKinds

  constructor(options: ApiDoorOptions) {
    this.options = options
    this.served = new ServedKinds([...options.server.store.collections.values()].map(({ kind }) => kind))
  }

  handle(request: HttpRequest): HttpAnswer {
    const answer = this.answer(request)
    return Result.isSuccess(answer) ? answer.success : refuse(answer.failure)
  }

  private answer(request: HttpRequest): Result.Result<HttpAnswer, ApiError> {
    if (request.target.length > targetLengthMax) return Result.fail(badRequest("the request's path is too long"))
    const mark = request.target.indexOf("?")
    const path = mark === -1 ? request.target : request.target.slice(0, mark)
    const query = new URLSearchParams(mark === -1 ? "" : request.target.slice(mark + 1))
    const isRead = request.method === "GET" || request.method === "HEAD"
    if (isRead && ["/healthz", "/livez", "/readyz"].includes(path)) return Result.succeed(plain(200, "ok"))
    const user = this.userOf(request)
    if (Result.isFailure(user)) return Result.fail(user.failure)
    if (request.body.length > bodyBytesMax) return Result.fail(tooLarge())
    const target = requestTarget(path, this.served)
    if (target === undefined) return Result.succeed(plain(404, "404 page not found\n"))
    const wish = wishOf(request.method, path, query, target)
    if (!isAllowed(this.options.server, user.success, wish)) {
      const kind = target._tag === "Resource" ? target.served.kind : undefined
      return Result.fail(notAllowed(user.success, wish, kind))
    }
    const { after, issueToken, readOnly, server } = this.options
    const call: Call = {
      server,
      request,
      query,
      user: user.success,
      after,
      onlooker: readOnly !== undefined,
      issueToken
    }
    if (target._tag === "Resource") {
      if (readOnly !== undefined && !isRead) return Result.fail(apiError("MethodNotAllowed", readOnly))
      return resource(call, target)
    }
    if (target._tag === "Unknown" && reviewAt(target.segments) === undefined)
      return Result.succeed(this.unknown(target))
    return this.document(call, target)
  }

  /** Who asks; with the headers for it, as whom. */
  private userOf({ headers }: HttpRequest): Result.Result<User, ApiError> {
    const token = /^Bearer +(\S+)$/i.exec(headers["authorization"] ?? "")?.[1]
    const user = token === undefined ? undefined : this.options.userOf(token)
    if (user === undefined) return Result.fail(unauthorized())
    const name = headers["impersonate-user"]
    const named = headers["impersonate-group"]
    if (name === undefined) {
      return named === undefined
        ? Result.succeed(user)
        : Result.fail(badRequest("groups cannot be impersonated without a user"))
    }
    const groups = (named ?? "").split(",").flatMap((group) => (group.trim() === "" ? [] : [group.trim()]))
    const wishes = [{ resource: "users", name }, ...groups.map((group) => ({ resource: "groups", name: group }))].map(
      (each): Wish => ({ _tag: "Resource", verb: "impersonate", group: "", namespace: "", ...each })
    )
    const refused = wishes.find((wish) => !isAllowed(this.options.server, user, wish))
    if (refused !== undefined) return Result.fail(notAllowed(user, refused, undefined))
    return Result.succeed({ name, groups: [...groups, "system:authenticated"] })
  }

  private document(call: Call, { segments }: Pick<DocumentTarget, "segments">): Result.Result<HttpAnswer, ApiError> {
    const { request, server, user } = call
    const review = reviewAt(segments)
    if (review !== undefined) {
      if (request.method !== "POST") return Result.fail(methodNotAllowed())
      return Result.map(objectBody(request), (sent) => json(201, reviewed(server, review, sent, user)))
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      return Result.succeed(plain(404, "404 page not found\n"))
    }
    if (segments[0] === "version" && segments.length === 1) return Result.succeed(this.version())
    const answer =
      discovery(segments, request.headers, this.served) ?? openApi(segments, this.served) ?? paths(segments)
    return Result.succeed(answer ?? plain(404, "404 page not found\n"))
  }

  /** Kubernetes' own groups say so in a Status; nobody else knows the path at all. */
  private unknown({ segments }: UnknownTarget): HttpAnswer {
    const group = segments[0] === "api" ? "" : (segments[1] ?? "")
    const version = this.served.group(group)?.versions.find((each) => each.version === segments[group === "" ? 1 : 2])
    const isOwn = version?.kinds.some(({ kind }) => isNative(kind)) === true
    return isOwn
      ? refuse(apiError("NotFound", "the server could not find the requested resource"))
      : plain(404, "404 page not found\n")
  }

  private version(): HttpAnswer {
    const gitVersion = this.options.gitVersion ?? "v1.33.4"
    const [, major = "1", minor = "33"] = /^v(\d+)\.(\d+)/.exec(gitVersion) ?? []
    return json(200, {
      major,
      minor,
      gitVersion,
      gitCommit: "0000000000000000000000000000000000000000",
      gitTreeState: "clean",
      buildDate: "1970-01-01T00:00:00Z",
      goVersion: "go1.24.0",
      compiler: "gc",
      platform: "linux/amd64"
    })
  }
}

const paths = (segments: ReadonlyArray<string>): HttpAnswer | undefined =>
  segments.length === 0
    ? json(200, { paths: ["/api", "/api/v1", "/apis", "/healthz", "/livez", "/openapi/v3", "/readyz", "/version"] })
    : undefined

const resource = (call: Call, target: ResourceTarget): Result.Result<HttpAnswer, ApiError> => {
  switch (call.request.method) {
    case "GET":
    case "HEAD":
      return readObjects(call, target)
    case "POST":
      return postObject(call, target)
    case "PUT":
      return putObject(call, target)
    case "PATCH":
      return patchObject(call, target)
    case "DELETE":
      return deleteObjects(call, target)
    default:
      return Result.fail(methodNotAllowed())
  }
}

/** What a request is about, in the words of roles. */
const wishOf = (method: string, path: string, query: URLSearchParams, target: RequestTarget): Wish => {
  const isRead = method === "GET" || method === "HEAD"
  if (target._tag !== "Resource") {
    const review = reviewAt(target.segments)
    return review === undefined
      ? { _tag: "Path", verb: isRead ? "get" : method.toLowerCase(), path }
      : {
          _tag: "Resource",
          verb: "create",
          group: review.group,
          resource: review.plural,
          namespace: review.namespaced ? (target.segments[4] ?? "") : "",
          name: ""
        }
  }
  const { name, namespace, served, subresource } = target
  const { group, kind, plural } = served.kind
  const verbs: { readonly [method: string]: string } = {
    POST: "create",
    PUT: "update",
    PATCH: "patch",
    DELETE: name === undefined ? "deletecollection" : "delete"
  }
  const readVerb = isWatch(query) ? "watch" : name === undefined ? "list" : "get"
  return {
    _tag: "Resource",
    verb: isRead ? readVerb : (verbs[method] ?? method.toLowerCase()),
    group,
    resource: subresource === undefined ? plural : `${plural}/${subresource}`,
    // A Namespace is, for roles, in itself.
    namespace: group === "" && kind === "Namespace" ? (name ?? "") : namespace,
    name: name ?? ""
  }
}

/** A defect, as a real server words one; nothing of it leaks. */
export const internalError = (): HttpAnswer =>
  refuse(apiError("InternalError", "Internal error occurred: the request could not be carried out"))
