/** Work that the page never feels, whatever happens. */
export const quietly =
  <Arguments extends unknown[]>(work: (...given: Arguments) => void) =>
  (...given: Arguments): void => {
    try {
      work(...given);
    } catch {
      // The page goes on as if we were not there.
    }
  };
