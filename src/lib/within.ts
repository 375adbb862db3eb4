/** The promise's outcome, or `tooLate()` thrown after `ms`; the work itself goes on unheard. */
export function within<T>(ms: number, work: Promise<T>, tooLate: () => Error): Promise<T> {
  // By hand: every request passes here, and Promise.race() makes three promises more than this.
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(tooLate()), Math.max(0, ms));
    work.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
