/**
 * Tags codes: Java's `String.hashCode` of the tag, an int32 (stored sign-extended to 64 bits in the consume queue).
 *
 *     h = 31 * h + unit, over the UTF-16 units, in 32 bits
 */
export function javaHashCode(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}

/** The same for text given as UTF-8 bytes [start, end), without making a string when it is ASCII. */
export function javaHashCodeOfBytes(buffer: Uint8Array, start: number, end: number): number {
  let hash = 0;
  for (let i = start; i < end; i++) {
    const byte = buffer[i] as number;
    if (byte >= 0x80)
      return javaHashCode(Buffer.from(buffer.buffer, buffer.byteOffset + start, end - start).toString());
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  return hash;
}
