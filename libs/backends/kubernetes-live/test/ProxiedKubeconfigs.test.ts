import { parse } from "yaml"
import { describe, expect, it } from "vitest"
import { withProxy } from "../src/ProxiedKubeconfigs.ts"

const proxy = "http://127.0.0.1:3128"
const kubeconfig = (cluster: string) =>
  `apiVersion: v1\nkind: Config\nclusters:\n- cluster:\n    ${cluster}\n  name: demo\n`

describe("withProxy", () => {
  it.each([
    { rule: "adds the proxy", text: kubeconfig("server: https://a:6443"), expected: proxy },
    {
      rule: "keeps a proxy that is named already",
      text: kubeconfig("proxy-url: http://other:1"),
      expected: "http://other:1"
    }
  ])("$rule", ({ expected, text }) => {
    expect(parse(withProxy(text, proxy)).clusters[0].cluster["proxy-url"]).toBe(expected)
  })

  it.each(["", "no: {yaml", "clusters: 5"])("leaves %o as it is", (text) => {
    expect(withProxy(text, proxy)).toBe(text)
  })
})
