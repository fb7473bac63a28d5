import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { Reporter, TestModule } from 'vitest/node'
import type { LaneReport } from './test-tier.ts'

/** Leaves the counts of a lane, and the reasons of what it skipped, in the file that `NEXUS_LANE_REPORT` names. */
export default class TierReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const file = process.env.NEXUS_LANE_REPORT
    if (file === undefined) return
    const report: LaneReport = { passed: 0, failed: errors.length, skipped: [], inapplicable: 0, slowest: [] }
    for (const module of modules) {
      const name = relative(process.cwd(), module.moduleId)
      report.slowest.push({ name, milliseconds: Math.round(module.diagnostic().duration) })
      if (module.state() === 'failed' && module.children.size === 0) report.failed++
      for (const test of module.children.allTests()) {
        const result = test.result()
        if (result.state === 'passed') report.passed++
        else if (result.state === 'failed') report.failed++
        else if (result.note?.startsWith('requires ')) report.inapplicable++
        else report.skipped.push({ name: `${name}: ${test.fullName}`, reason: result.note ?? 'no reason given' })
      }
    }
    report.slowest.sort((a, b) => b.milliseconds - a.milliseconds).splice(5)
    writeFileSync(file, JSON.stringify(report))
  }
}
