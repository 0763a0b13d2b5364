/**
 * Version ordinals of the frame header (`MQVersion.Version`): the position of the release in the Java enum.
 *
 * The enum lists a snapshot and a release for each number, by a few regular rules; the table is built from them.
 */
const NAMES = buildNames();

/** The ordinals that peers decide by; `versionDesc` knows all of them. */
export const MQVersion = {
  V3_0_7_SNAPSHOT: 28,
  V3_0_11: 37,
  V3_1_8_SNAPSHOT: 62,
  V3_4_9: 121,
  V4_0_0: 213,
  V4_1_0_SNAPSHOT: 232,
  V4_1_0: 233,
  V4_2_0: 253,
  V4_3_0: 273,
  V4_4_0: 293,
  V4_5_0: 313,
  V4_9_4: 401,
  V5_0_0: 413,
  V5_3_3: 479,
} as const;

/** What we announce: the release whose behaviour we follow. */
export const CURRENT_VERSION = MQVersion.V4_4_0;

/** Name of a version ordinal, as `MQVersion.getVersionDesc` gives it: `HIGHER_VERSION` past the table. */
export function versionDesc(version: number): string {
  return NAMES[version] ?? (version < 0 ? `UNKNOWN_VERSION_${version}` : 'HIGHER_VERSION');
}

function buildNames(): string[] {
  const names = ['V3_0_0_SNAPSHOT', 'V3_0_0_ALPHA1'];
  for (let beta = 1; beta <= 5; beta++) names.push(`V3_0_0_BETA${beta}`);
  for (let beta = 6; beta <= 9; beta++) names.push(`V3_0_0_BETA${beta}_SNAPSHOT`, `V3_0_0_BETA${beta}`);
  names.push('V3_0_0_FINAL');
  const add = (major: number, minor: number, first: number, last: number): void => {
    for (let patch = first; patch <= last; patch++) {
      const name = `V${major}_${minor}_${patch}`;
      names.push(`${name}_SNAPSHOT`, name);
    }
  };
  add(3, 0, 1, 15);
  add(3, 1, 0, 9);
  add(3, 2, 0, 9);
  for (let minor = 3; minor <= 9; minor++) add(3, minor, 1, 9);
  for (const major of [4, 5]) for (let minor = 0; minor <= 9; minor++) add(major, minor, 0, 9);
  names.push('HIGHER_VERSION');
  return names;
}
