/**
 * Owns the fingerprint of a run: everything that happened, in order, in 64 bits. Two runs of a seed have the same, or the
 * run did not depend on its seed alone.
 */
export class Trace {
  #low = 0x811c9dc5;
  #high = 0x01000193;
  readonly #texts = new Map<string, number>();
  /** Events so far. */
  count = 0;

  add(what: string, ...numbers: number[]): void {
    this.count++;
    this.#mix(this.#idOf(what));
    for (const number of numbers) this.#mix(Math.floor(number));
  }

  get hash(): string {
    const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');
    return hex(this.#high) + hex(this.#low);
  }

  /** Texts are hashed once each; a known one stands for itself by its content's hash. */
  #idOf(text: string): number {
    let id = this.#texts.get(text);
    if (id === undefined) {
      id = 0x811c9dc5;
      for (let i = 0; i < text.length; i++) id = Math.imul(id ^ text.charCodeAt(i), 0x01000193);
      this.#texts.set(text, id);
    }
    return id;
  }

  #mix(value: number): void {
    this.#low = Math.imul(this.#low ^ value, 0x01000193);
    this.#high = Math.imul(this.#high ^ (value / 0x1_0000_0000) ^ (this.#low >>> 15), 0x85ebca6b);
  }
}
