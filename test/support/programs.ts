import { findPrograms } from '../../src/probes/programs.ts'

/** What this machine has to read videos with. */
export const programs = findPrograms({
  ffprobePath: undefined,
  ffmpegPath: undefined,
  searchPath: process.env['PATH'] ?? '',
})
