import { UserError } from '../../scripts/lib/user-error.ts';

/** A whole number that a flag was given. @throws UserError */
export function wholeNumber(name: string, given: string, least: number, most: number): number {
  const value = Number(given);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new UserError(`--${name} takes a whole number from ${least} to ${most}, not "${given}".`);
}
