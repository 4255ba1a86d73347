/** The controllers by upstream's names, with what upstream's flags call them and how many reconciles each does at a time. */

export interface ControllerName {
  /** As in metrics and logs, and before `-concurrency`. */
  readonly name: string
  readonly concurrency: number
}

export const controllerNames: ReadonlyArray<ControllerName> = [
  { name: "cluster", concurrency: 50 },
  { name: "machine", concurrency: 100 },
  { name: "machineset", concurrency: 50 },
  { name: "machinedeployment", concurrency: 50 },
  { name: "machinehealthcheck", concurrency: 50 },
  { name: "kubeadmconfig", concurrency: 100 },
  { name: "kubeadmcontrolplane", concurrency: 100 },
  { name: "awscluster", concurrency: 5 },
  { name: "awsmachine", concurrency: 10 }
]
