import { findPrograms } from '../../src/probes/programs.ts'

/** What this machine has to read videos, recordings and PDFs with. */
export const programs = findPrograms({ searchPath: process.env['PATH'] ?? '' })
