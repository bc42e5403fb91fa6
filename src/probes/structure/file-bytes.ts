import { type FileHandle, open } from 'node:fs/promises'

const windowBytes = 64 * 1024

/** Reads small pieces of a file, mostly in their order, with constant memory. */
export class FileBytes {
  readonly size: number
  readonly #file: FileHandle
  #window = Buffer.alloc(0)
  #start = 0

  private constructor(file: FileHandle, size: number) {
    this.#file = file
    this.size = size
  }

  /** Opens a file for `work` and closes it afterwards. */
  static async of<T>(path: string, work: (bytes: FileBytes) => Promise<T>): Promise<T> {
    const file = await open(path)
    try {
      return await work(new FileBytes(file, (await file.stat()).size))
    } finally {
      await file.close()
    }
  }

  /** The bytes from `at`; fewer than `length` where the file ends. */
  async read(at: number, length: number): Promise<Buffer> {
    if (at < this.#start || at + length > this.#start + this.#window.length) {
      const wanted = Math.max(length, windowBytes)
      const { buffer, bytesRead } = await this.#file.read(Buffer.alloc(wanted), 0, wanted, at)
      this.#window = buffer.subarray(0, bytesRead)
      this.#start = at
    }
    return this.#window.subarray(at - this.#start, at - this.#start + length)
  }

  /** Some bytes from `at`; none where the file ends. */
  async from(at: number): Promise<Buffer> {
    await this.read(at, 1)
    return this.#window.subarray(at - this.#start)
  }

  /** One byte; undefined behind the end. */
  async byte(at: number): Promise<number | undefined> {
    return (await this.read(at, 1))[0]
  }
}
