/**
 * Where a failure happened: its stack without the message, which comes first, may have any lines and may hold
 * anything.
 *
 * @param failure - What was thrown, whatever it is.
 */
export function framesOf (failure: unknown): string[] {
  const { stack, message } = (typeof failure === 'object' && failure !== null ? failure : {}) as Partial<Error>
  const text = String(stack)
  const end = text.indexOf(String(message)) + String(message).length
  return text.slice(end).split('\n').filter((line) => /^\s+at /.test(line))
}
