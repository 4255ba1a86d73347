/** The page's beginning: unpacks what the file carries and puts the report into the document. */
import { render } from "preact"
import { App } from "./App.tsx"
import { readIndex, UnreadableReport } from "./Unpack.ts"

const root = document.getElementById("report")
if (root !== null) {
  readIndex().then(
    (index) => render(<App index={index} />, root),
    (error: unknown) => {
      const text = error instanceof UnreadableReport ? error.message : `The report cannot be shown: ${String(error)}`
      render(
        <p role="alert" class="loading">
          {text}
        </p>,
        root
      )
    }
  )
}
