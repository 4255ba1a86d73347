/** The pane of all objects at the cursor, by owner. What was written just then is marked. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks"
import { lastAt } from "../model/Objects.ts"
import { treeAt, type TreeRow } from "../model/ObjectTree.ts"
import type { Desk } from "./Desk.ts"

/** Written so short before the cursor counts as just now, virtual milliseconds. */
const justNowMillis = 2000
const shapes = { good: "●", bad: "✗", waiting: "◌", leaving: "◒", none: "·" } as const

export const Tree = ({ desk }: { readonly desk: Desk }) => {
  const { go, place, run } = desk
  const apis = useMemo(() => [...new Set([...run.objects.values()].map(({ api }) => api))], [run])
  const ofSelected = place.object === undefined ? undefined : run.objects.get(place.object)?.api
  const [api, setApi] = useState(ofSelected ?? apis[0] ?? "management")
  useEffect(() => {
    if (ofSelected !== undefined) setApi(ofSelected)
  }, [ofSelected, place.object])
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set())
  // The tree is the same between two writes.
  const moment = lastAt(run.events, place.t)
  const rows = useMemo(() => treeAt(run.objects, api, place.t), [run, api, moment])
  const shown = useMemo(() => withoutClosed(rows, closed), [rows, closed])
  const list = useRef<HTMLUListElement>(null)
  const current = shown.some(({ key }) => key === place.object) ? place.object : shown[0]?.key
  const focus = (key: string | undefined) => {
    if (key === undefined) return
    go({ object: key })
    list.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)?.focus()
  }
  const toggle = (key: string, open: boolean) =>
    setClosed((before) => new Set(open ? [...before].filter((each) => each !== key) : [...before, key]))
  const onKeyDown = (event: KeyboardEvent) => {
    const index = shown.findIndex(({ key }) => key === current)
    const row = shown[index]
    if (row === undefined) return
    const isOpen = row.children > 0 && !closed.has(row.key)
    const moves: { readonly [key: string]: () => void } = {
      ArrowDown: () => focus(shown[index + 1]?.key),
      ArrowUp: () => focus(shown[index - 1]?.key),
      Home: () => focus(shown[0]?.key),
      End: () => focus(shown.at(-1)?.key),
      ArrowRight: () => (isOpen ? focus(shown[index + 1]?.key) : toggle(row.key, true)),
      ArrowLeft: () =>
        isOpen ? toggle(row.key, false) : focus(shown.slice(0, index).findLast(({ depth }) => depth < row.depth)?.key),
      Enter: () => focus(row.key)
    }
    const move = moves[event.key]
    if (move === undefined) return
    event.preventDefault()
    move()
  }
  return (
    <section class="pane" aria-labelledby="tree">
      <div class="title">
        <h2 id="tree">Objects</h2>
        {apis.length > 1 && (
          <select aria-label="Cluster" value={api} onChange={(event) => setApi(event.currentTarget.value)}>
            {apis.map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </select>
        )}
      </div>
      <div class="scroll">
        {shown.length === 0 && <p class="quiet">No objects at this time.</p>}
        <ul role="tree" aria-labelledby="tree" ref={list} onKeyDown={onKeyDown} class="tree">
          {shown.map((row) => (
            <li
              key={row.key}
              data-key={row.key}
              role="treeitem"
              aria-level={row.depth + 1}
              aria-selected={row.key === place.object}
              aria-expanded={row.children === 0 ? undefined : !closed.has(row.key)}
              tabIndex={row.key === current ? 0 : -1}
              class={place.t - row.changedMillis <= justNowMillis ? "just-now" : ""}
              style={{ paddingInlineStart: `${0.4 + row.depth * 1.1}rem` }}
              onClick={() => go({ object: row.key })}
              title={row.message}
            >
              <span
                class="twist"
                aria-hidden="true"
                onClick={(event) => {
                  event.stopPropagation()
                  toggle(row.key, closed.has(row.key))
                }}
              >
                {row.children === 0 ? "" : closed.has(row.key) ? "▸" : "▾"}
              </span>
              <b class={`tone-${row.tone}`} aria-hidden="true">
                {shapes[row.tone]}
              </b>{" "}
              <span class="kind">{row.kind}</span> {row.name} <span class={`state tone-${row.tone}`}>{row.state}</span>
            </li>
          ))}
        </ul>
      </div>
    </section>
  )
}

const withoutClosed = (rows: ReadonlyArray<TreeRow>, closed: ReadonlySet<string>): ReadonlyArray<TreeRow> => {
  const shown: Array<TreeRow> = []
  let hiddenBelow = Infinity
  for (const row of rows) {
    if (row.depth > hiddenBelow) continue
    hiddenBelow = closed.has(row.key) ? row.depth : Infinity
    shown.push(row)
  }
  return shown
}
