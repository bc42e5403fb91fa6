import { runProcess } from './entry.ts'

// The worker: the jobs without the API, for as many processes as one likes. It has no entry point.
runProcess({
  finishing: 'the jobs in progress',
  runsJobs: () => true,
  createEntryPoint: () =>
    Promise.resolve({
      open: () => Promise.resolve('The Wordloom worker is ready: jobs run here'),
      close: () => Promise.resolve(),
    }),
})
