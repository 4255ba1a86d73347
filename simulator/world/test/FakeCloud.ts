/** A cloud of a few lines: instances that change at once, one load balancer whose targets are those that answer. */
import type { Kernel } from "@capstan/kernel"
import type { CloudPorts, InstanceView } from "../src/index.ts"

export const endpointHost = "lb.example.com"

interface Saved {
  readonly instances: ReadonlyArray<InstanceView>
  readonly targets: ReadonlyArray<string>
}

export class FakeCloud {
  readonly ports: CloudPorts
  readonly secrets = new Map<string, string>()
  readonly healthTold: Array<string> = []
  /** Whether the load balancer's name resolves. */
  resolves = true
  /** More names of the load balancer. */
  readonly aliases = new Set<string>()
  /** Targets that no health check has taken out of service although they do not answer. */
  readonly stuckInService = new Set<string>()
  private instances = new Map<string, InstanceView>()
  private targets: ReadonlyArray<string> = []
  private readonly listeners: Array<(id: string) => void> = []
  private serves: (id: string, port: number) => boolean = () => false

  constructor(kernel: Kernel) {
    kernel.component({
      name: "fake-cloud",
      handle: () => {},
      save: (): Saved => ({ instances: [...this.instances.values()], targets: this.targets }),
      restore: (state) => {
        const saved = state as Saved
        this.instances = new Map(saved.instances.map((view) => [view.id, view]))
        this.targets = saved.targets
      }
    })
    this.ports = {
      instances: {
        list: () => [...this.instances.values()],
        get: (id) => this.instances.get(id),
        onChange: (listener) => void this.listeners.push(listener)
      },
      endpoints: {
        resolve: (host) =>
          (host === endpointHost && this.resolves) || this.aliases.has(host) ? this.inService() : "unresolved",
        readSecret: (name) => this.secrets.get(name)
      },
      setServes: (serves) => void (this.serves = serves),
      healthChanged: (id) => void this.healthTold.push(id)
    }
  }

  launch(
    id: string,
    userData: string,
    options: { readonly zone?: string; readonly target?: boolean; readonly imageId?: string } = {}
  ): void {
    const number = this.instances.size + 1
    if (options.target === true) this.targets = [...this.targets, id]
    const zone = options.zone ?? "us-east-1a"
    this.put({
      id,
      providerId: `aws:///${zone}/${id}`,
      state: "running",
      zone,
      privateIp: `10.0.0.${number}`,
      privateDnsName: `ip-10-0-0-${number}.ec2.internal`,
      userData,
      imageId: options.imageId ?? "capa-ami-ubuntu-24.04-v1.33.1-1750000000",
      instanceType: "t3.large",
      reachable: true,
      bootGeneration: 0
    })
  }

  change(id: string, fields: Partial<InstanceView>): void {
    const view = this.instances.get(id)
    if (view === undefined) throw new Error(`no instance ${id}`)
    this.put({ ...view, ...fields })
  }

  stop(id: string): void {
    this.change(id, { state: "stopped" })
  }

  start(id: string): void {
    this.change(id, { state: "running", bootGeneration: (this.instances.get(id)?.bootGeneration ?? 0) + 1 })
  }

  terminate(id: string): void {
    this.targets = this.targets.filter((target) => target !== id)
    this.change(id, { state: "terminated" })
  }

  forget(id: string): void {
    this.instances.delete(id)
    for (const listener of this.listeners) listener(id)
  }

  private inService(): ReadonlyArray<string> {
    return this.targets.filter((id) => this.stuckInService.has(id) || this.serves(id, 6443))
  }

  private put(view: InstanceView): void {
    this.instances.set(view.id, view)
    for (const listener of this.listeners) listener(view.id)
  }
}
