/** A signal that fires on Ctrl-C; the second Ctrl-C ends the process at once. `stop` takes the listeners away. */
export function listenForInterruption(given: AbortSignal | undefined): { readonly signal: AbortSignal; stop(): void } {
  if (given !== undefined) return { signal: given, stop: () => {} }
  const controller = new AbortController()
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(130)
    controller.abort()
  }
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt)
  return { signal: controller.signal, stop: () => process.off('SIGINT', interrupt).off('SIGTERM', interrupt) }
}
