import type { Scan } from "./journey.ts";

const header =
  "Badge ID,First Name,Last Name,Email,Company,Job Title,Country,Event ID,Event,Checked In At,Stand";

/** A field of a CSV by RFC 4180. */
const cell = (value: string): string => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

/** The list that a trade fair's scanners export, both days in one file: CSV with a header, lines ended by CR LF. */
export function attendeeList(scans: readonly Scan[], event: { id: string; name: string }): string {
  const lines = scans.map(({ badge, person, at, stand }) => {
    const { firstName, lastName, email, company, jobTitle } = person;
    const { country } = company.region;
    const cells = [
      badge,
      firstName,
      lastName,
      email,
      company.name,
      jobTitle,
      country,
      event.id,
      event.name,
      at,
      stand,
    ];
    return cells.map(cell).join(",");
  });
  return [header, ...lines, ""].join("\r\n");
}
