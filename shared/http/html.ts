/** A text as it may stand in HTML, in an element or in a quoted attribute, without being read as markup. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
