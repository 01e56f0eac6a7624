/** What is wrong with a diagram; `null` where nothing is seen. Of Mermaid's language it knows what the documents use. */
export function complaintAboutDiagram (code: string): string | null {
  const [first, ...lines] = code.trimEnd().split('\n')
  if (/^flowchart (?:LR|TD)$/.test(first!)) return firstOf(lines, aboutFlow)
  if (first === 'sequenceDiagram') return aboutSequence(lines)
  if (first === 'stateDiagram-v2') return firstOf(lines, aboutState)
  return `"${first}" is no kind of diagram that is used here`
}

function firstOf (lines: string[], about: (line: string) => boolean): string | null {
  const index = lines.findIndex((line) => line.trim() !== '' && !about(line.trim()))
  return index === -1 ? null : `line ${index + 2}: ${lines[index]}`
}

const node = '\\w+(?:\\["[^"]+"\\]|\\("[^"]+"\\)|\\{"[^"]+"\\}|\\[\\("[^"]+"\\)\\])?'
const flow = new RegExp(`^${node}(?: (?:-->|-\\.->)(?:\\|"[^"|]+"\\|)? ${node}(?: & ${node})*)*$`)

function aboutFlow (line: string): boolean {
  return flow.test(line) || /^(?:subgraph \w+\["[^"]+"\]|end|direction (?:LR|TD))$/.test(line)
}

function aboutState (line: string): boolean {
  return /^(?:\[\*\]|\w+) --> (?:\[\*\]|\w+)(?:: [^:;]+)?$/.test(line) || /^\w+: [^:;]+$/.test(line)
}

function aboutSequence (lines: string[]): string | null {
  const participants = new Set(lines.flatMap((line) => /^\s*(?:participant|actor) (\w+)(?: as [^;]+)?$/.exec(line)?.[1] ?? []))
  return firstOf(lines, (line) => {
    if (/^(?:(?:participant|actor) \w+(?: as [^;]+)?|(?:alt|opt|loop|else) [^;]+|end)$/.test(line)) return true
    const message = /^(\w+)(?:-|--)>>[+-]?(\w+): [^;#]+$/.exec(line)
    if (message !== null) return participants.has(message[1]!) && participants.has(message[2]!)
    const note = /^Note over (\w+)(?:,(\w+))?: [^;#]+$/.exec(line)
    return note !== null && [note[1]!, note[2] ?? note[1]!].every((name) => participants.has(name))
  })
}
