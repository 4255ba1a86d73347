/** Tabs that the keyboard moves along, as the ARIA practices have them. @source https://www.w3.org/WAI/ARIA/apg/patterns/tabs/ */
import type { ComponentChildren } from "preact"
import { useId } from "preact/hooks"

export const Tabs = <Name extends string>(options: {
  readonly label: string
  readonly names: ReadonlyArray<Name>
  readonly chosen: Name
  readonly choose: (name: Name) => void
  readonly children: ComponentChildren
}) => {
  const { children, choose, chosen, label, names } = options
  const id = useId()
  const move = (event: KeyboardEvent) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0
    const next = names[(names.indexOf(chosen) + step + names.length) % names.length]
    if (step === 0 || next === undefined) return
    event.preventDefault()
    choose(next)
    document.getElementById(`${id}-${next}`)?.focus()
  }
  return (
    <>
      <div role="tablist" aria-label={label} onKeyDown={move} class="tabs">
        {names.map((name) => (
          <button
            key={name}
            id={`${id}-${name}`}
            type="button"
            role="tab"
            aria-selected={name === chosen}
            aria-controls={`${id}-panel`}
            tabIndex={name === chosen ? 0 : -1}
            onClick={() => choose(name)}
          >
            {name}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${chosen}`} class="panel">
        {children}
      </div>
    </>
  )
}
