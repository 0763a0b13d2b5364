/** How much longer than given a wait may take before a test gives up. */

/**
 * Limits of waits are told for a quiet machine. One that is busy with other things, or stands still for seconds, takes so many
 * times as long at most; where nothing is wrong nobody waits that long.
 */
export const SLOWER = 6;
