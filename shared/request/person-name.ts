/** What belongs to the last name although it is a word of its own, in lower case. */
const particles = new Set(
  "af al av bin da das de degli dei del della den der des di do dos du el ibn la las le les lo los san st st. te ten ter van vom von y zu zum zur 't van't".split(
    " ",
  ),
);

/** What follows a last name: it is neither a last name nor the part behind the comma of `Last, First`. */
const suffix = /^(jr|sr|ii|iii|iv|phd|ph\.d|md|m\.d|mba|esq|cpa|msc|bsc|ma|ba|dds|jd|pmp|cfa)\.?$/i;

const honorific =
  /^(mr|mrs|ms|miss|mx|dr|dr\.?-?ing|prof|professor|sir|madam|rev|hon|herr|herrn|frau|hr|fr|m|mme|mlle|monsieur|madame|sr|sra|srta|señora?|senora?|dipl\.?-?ing|ing|dhr|mevr|mevrouw|meneer|sig|sig\.ra|signora?|pan|pani)\.?$/i;

/** Whether a text is a form of address (`Mr`, `Prof. Dr.`, `Frau`) rather than what somebody does. */
export const isHonorific = (text: string): boolean => {
  const words = text.trim().split(/[\s/,]+/);
  return words.every((word) => honorific.test(word));
};

/** A person's name in its parts. */
export interface PersonName {
  firstName?: string;
  lastName?: string;
}

/**
 * The parts of a full name: the last word is the last name, with the particles before it (`van der Berg`) and a suffix
 * behind it; `Last, First` is turned; a form of address in front is left out. One word is a first name.
 */
export function splitName(fullName: string): PersonName {
  const text = fullName.replace(/\s+/g, " ").trim();
  const [behind, ...more] = text.split(/ ?, ?/).reverse();
  const before = more.reverse();
  if (before.length === 1 && before[0] && behind && !behind.split(" ").every((word) => suffix.test(word))) {
    return { firstName: withoutHonorifics(behind), lastName: withoutHonorifics(before[0]) };
  }
  const words = withoutHonorifics(text).split(" ").filter(Boolean);
  if (words.length < 2) return words[0] ? { firstName: words[0] } : {};
  let start = words.length - 1;
  while (start > 1 && suffix.test(words[start] ?? "")) start--;
  while (start > 1 && particles.has((words[start - 1] ?? "").toLowerCase())) start--;
  return {
    firstName: words.slice(0, start).join(" ").replace(/,$/, ""),
    lastName: words.slice(start).join(" "),
  };
}

function withoutHonorifics(text: string): string {
  const words = text.split(" ");
  let start = 0;
  while (start < words.length - 1 && honorific.test(words[start] ?? "")) start++;
  return words.slice(start).join(" ");
}

/**
 * What a field called only "name" adds to the parts known from other fields: beside a first name it is the last name (German
 * forms ask for `Vorname` and `Name`), or the full name that contains it.
 */
export function completeName(known: PersonName, name: string): PersonName {
  const text = name.replace(/\s+/g, " ").trim();
  const { firstName, lastName } = known;
  if (text === "" || (firstName && lastName)) return known;
  if (firstName) {
    const rest = text.toLowerCase().startsWith(`${firstName.toLowerCase()} `)
      ? text.slice(firstName.length + 1)
      : text;
    return rest.toLowerCase() === firstName.toLowerCase() ? known : { firstName, lastName: rest };
  }
  if (lastName) {
    const rest = text.toLowerCase().endsWith(` ${lastName.toLowerCase()}`)
      ? text.slice(0, -lastName.length - 1)
      : text;
    return rest.toLowerCase() === lastName.toLowerCase() ? known : { firstName: rest, lastName };
  }
  return splitName(text);
}
