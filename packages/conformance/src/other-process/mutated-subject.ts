import { LawBroken } from '../expect.ts'
import type { ConformancePort, ConformanceSubject, SubjectModule } from '../law.ts'
import { loadSubject } from './load-subject.ts'
import { urlOf } from './messages.ts'

/** What makes a mutant in another process: the table that lists it, its id there, and the right subject. */
export interface MutatedOptions {
  readonly table: string
  readonly id: string
  readonly right: SubjectModule
}

/** The subject of another process, wrong in the same way as that of this one. */
export default async function mutatedSubject({ table, id, right }: MutatedOptions): Promise<ConformanceSubject<ConformancePort>> {
  const subject = await loadSubject(urlOf(right), right.options)
  const { mutants }: { readonly mutants: readonly MutantOfTable[] } = await import(table)
  const mutant = mutants.find((listed) => listed.id === id)
  if (mutant === undefined) throw new LawBroken(`${table} lists no mutant ${id}`)
  return mutant.mutate(subject)
}

interface MutantOfTable {
  readonly id: string
  mutate(subject: ConformanceSubject<ConformancePort>): ConformanceSubject<ConformancePort>
}
