/**
 * Calls the listener of a watch. What it throws has no caller to go to: it is passed over, and neither the other listeners nor the
 * process end by it.
 */
export function callListener(listener: () => void): void {
  try {
    listener()
  } catch {}
}
