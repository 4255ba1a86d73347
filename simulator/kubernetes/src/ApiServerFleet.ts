/**
 * Many API servers that come and go, such as those of workload clusters, as one component of the kernel.
 *
 * A kernel's components are fixed while worlds are saved and restored; so servers that are made during a run share one.
 *
 * @source simulator/kernel/src/Component.ts
 */
import type { AnyKind } from "@capstan/api"
import type { ComponentHandle, Kernel } from "@capstan/kernel"
import { ApiServer, type ApiServerOptions, type SavedServer } from "./ApiServer.ts"
import type { ServerEvent } from "./ServerEvent.ts"

export interface ApiServerFleetOptions extends Omit<ApiServerOptions, "name" | "timers" | "saved"> {
  /** Unique within a kernel, such as `workload`. */
  readonly name: string
  /** Served by every server besides the native kinds. */
  readonly kinds: ReadonlyArray<AnyKind>
}

interface FleetEvent {
  readonly server: string
  readonly event: ServerEvent
}

type SavedFleet = ReadonlyArray<readonly [name: string, state: SavedServer]>

export class ApiServerFleet {
  /** Called for every server that is made or brought back, before anything else uses it: for hooks such as `onPodDeleting`. */
  onServer: ((server: ApiServer) => void) | undefined = undefined
  private readonly kernel: Kernel
  private readonly options: ApiServerFleetOptions
  private readonly servers = new Map<string, ApiServer>()
  private readonly component: ComponentHandle<FleetEvent>

  constructor(kernel: Kernel, options: ApiServerFleetOptions) {
    this.kernel = kernel
    this.options = options
    this.component = kernel.component<FleetEvent>({
      name: `kubernetes-fleet:${options.name}`,
      handle: ({ event, server }) => this.servers.get(server)?.handle(event),
      save: (): SavedFleet => [...this.servers].map(([name, server]) => [name, server.save()] as const),
      // Only what `save` gave comes back here.
      restore: (state) => this.restore(state as SavedFleet)
    })
  }

  /** The servers there are, in the order in which they were made. */
  get all(): ReadonlyMap<string, ApiServer> {
    return this.servers
  }

  get(name: string): ApiServer | undefined {
    return this.servers.get(name)
  }

  /** Makes an empty server, in place of an older one of that name. */
  add(name: string): ApiServer {
    this.remove(name)
    return this.make(name, {})
  }
  /** Forgets a server with all it holds; its watches end with `Unreachable`. */
  remove(name: string): void {
    this.servers.get(name)?.breakWatches()
    this.servers.delete(name)
  }

  private restore(saved: SavedFleet): void {
    this.servers.clear()
    for (const [name, state] of saved) this.make(name, { saved: state })
  }

  private make(name: string, begin: { readonly saved?: SavedServer }): ApiServer {
    const { component } = this
    const timers: ComponentHandle<ServerEvent> = {
      name: component.name,
      at: (millis, event) => component.at(millis, { server: name, event }),
      after: (millis, event) => component.after(millis, { server: name, event }),
      cancel: (id) => component.cancel(id)
    }
    const server = new ApiServer(this.kernel, {
      ...this.options,
      name: `${this.options.name}/${name}`,
      timers,
      ...begin
    })
    this.servers.set(name, server)
    this.onServer?.(server)
    return server
  }
}
